"""Sweeper and alerts, one for the whole installation."""

from __future__ import annotations

from deployments.ingest_worker import GROUP
from deployments.reporting.node import Reporting
from serve_app.nodes.common import begin, open_pool
from serve_app.settings import AppArgs


class ReportingServer:
    """deployments.reporting, as a replica."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        begin(args, "reporting")
        self._node = Reporting(pool=await open_pool(args), kafka=args.kafka, group=GROUP)

    async def check_health(self) -> None:
        """Raise when a task has died: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._node.close()
