"""Identity over a pool of its own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from db.records import Turn
from deployments.identity.node import IdentityNode
from serve_app.nodes.startup import begin, open_pool, start_heartbeat
from serve_app.settings.app_args import AppArgs


class IdentityServer:
    """deployments.identity.node, as a replica."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        begin(args, "identity")
        pool = await open_pool(args)
        self._node = IdentityNode(pool=pool)
        self._heartbeat = start_heartbeat(pool, "identity")

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]:
        """As IdentityNode.open_turns."""
        return await self._node.open_turns(inbox_ids, holder)

    async def __del__(self) -> None:
        await self._heartbeat.stop()
        await self._node.close()
