"""Sweeper, alerts, the mailbox and the support team's clocks, one for the whole installation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from db.pool import Pool
from deployments.ingest_node import GROUP
from deployments.reporting.node import ReportingNode
from deployments.reporting.periodic_tasks import PeriodicTask, support_tasks
from deployments.rules.support_hours import ServiceLevels
from ingest.identifiers import normalise_email
from serve_app.nodes.gmail_account import account
from serve_app.nodes.startup import begin, open_pool, switches
from serve_app.settings.app_args import AppArgs

if TYPE_CHECKING:
    from deployments.channels.gmail.mailbox_reader import MailboxWorker


class ReportingServer:
    """deployments.reporting, as a replica."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        begin(args, "reporting")
        pool = await open_pool(args)
        self._node = ReportingNode(
            pool=pool, kafka=args.kafka, group=GROUP, mailbox=_mailbox(args, pool), tasks=_tasks(args, pool)
        )

    async def check_health(self) -> None:
        """Raise when a task has died: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._node.close()


def _tasks(args: AppArgs, pool: Pool) -> tuple[PeriodicTask, ...]:
    support = args.support
    return support_tasks(
        pool=pool,
        levels=ServiceLevels.parse(support.hours, support.timezone, support.sla_hours),
        notify_urls=[url.get_secret_value() for url in support.notify_urls],
        staff_url=f"{args.public_base_url}/staff",
        resolve_after=timedelta(hours=support.resolve_after_hours),
        close_after=timedelta(hours=support.close_after_hours),
    )


def _mailbox(args: AppArgs, pool: Pool) -> MailboxWorker | None:
    gmail = account(args)
    if gmail is None:
        return None
    from deployments.channels.gmail.mailbox_reader import MailboxWorker

    channels = switches(args, pool)

    async def is_on() -> bool:
        return not await channels.why_off("email")

    return MailboxWorker(
        pool=pool,
        gmail=gmail.client,
        address=gmail.address,
        topic=args.gmail.topic,
        groups=[normalise_email(group) for group in args.gmail.groups],
        is_on=is_on,
    )
