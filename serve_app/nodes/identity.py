"""Identity over a pool of its own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from db.records import Turn
from deployments.identity.node import IdentityNode
from deployments.runtime.loop_lag import LoopLag
from serve_app.nodes.startup import begin, open_pool
from serve_app.settings.app_args import AppArgs


class IdentityServer:
    """deployments.identity.node, as a replica."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        begin(args, "identity")
        self._node = IdentityNode(pool=await open_pool(args))
        LoopLag(node="identity").start()

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]:
        """As IdentityNode.open_turns."""
        return await self._node.open_turns(inbox_ids, holder)

    async def __del__(self) -> None:
        await self._node.close()
