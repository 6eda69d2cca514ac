"""The outbox's way out: one sender a channel."""

from __future__ import annotations

from deployments.delivery.dispatcher import Delivery
from deployments.delivery.web_form import WebFormSender
from serve_app.nodes.common import begin, open_pool
from serve_app.settings import AppArgs


class DeliveryServer:
    """deployments.delivery, as a replica."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        begin(args, "delivery")
        self._node = Delivery(pool=await open_pool(args), senders=[WebFormSender()])

    async def check_health(self) -> None:
        """Raise when the loop has ended: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._node.close()
