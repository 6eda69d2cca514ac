"""Sweeper, alerts and the mailbox, one for the whole installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.pool import Pool
from deployments.ingest_worker import GROUP
from deployments.reporting.node import Reporting
from serve_app.nodes.common import begin, open_pool
from serve_app.nodes.gmail import account
from serve_app.settings import AppArgs

if TYPE_CHECKING:
    from deployments.reporting.mailbox import MailboxWorker


class ReportingServer:
    """deployments.reporting, as a replica."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        begin(args, "reporting")
        pool = await open_pool(args)
        self._node = Reporting(pool=pool, kafka=args.kafka, group=GROUP, mailbox=_mailbox(args, pool))

    async def check_health(self) -> None:
        """Raise when a task has died: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._node.close()


def _mailbox(args: AppArgs, pool: Pool) -> MailboxWorker | None:
    gmail = account(args)
    if gmail is None:
        return None
    from deployments.reporting.mailbox import MailboxWorker

    return MailboxWorker(pool=pool, gmail=gmail.client, address=gmail.address, topic=args.gmail.topic)
