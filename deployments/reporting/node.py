"""The reporting node: runs the sweeper, the collector and the periodic tasks. One replica: others would repeat it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import structlog

from db.ids import new_id
from db.operations.node_status import Status
from db.pool import DatabaseUnavailableError, Pool
from deployments.reporting.collector import AlertRules, Collector
from deployments.reporting.periodic_tasks import PeriodicTask
from deployments.runtime.heartbeat import Heartbeat, NodeDiedError
from ingest.bus.relay import Relay
from ingest.bus.sweeper import Sweeper
from ingest.bus.topics import KafkaSettings

if TYPE_CHECKING:
    from deployments.channels.gmail.mailbox_reader import MailboxWorker

SWEEP_EVERY_S = 2.0
MAILBOX_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class ReportingNode:
    """Must be created on the event loop that runs it: its loops start at once.

    `mailbox` is None without a Gmail account. Each of `tasks` gets a loop of its own.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        kafka: KafkaSettings,
        group: str,
        rules: AlertRules | None = None,
        mailbox: MailboxWorker | None = None,
        tasks: Sequence[PeriodicTask] = (),
        sweep_every_s: float = SWEEP_EVERY_S,
    ) -> None:
        self._pool = pool
        self._relay = Relay(pool=pool, kafka=kafka)
        self._sweeper = Sweeper(pool=pool, relay=self._relay, kafka=kafka, group=group)
        self._collector = Collector(pool=pool, rules=rules)
        self._heartbeat = Heartbeat(pool=pool, node="reporting", replica=str(new_id()), status=self.status)
        self._mailbox, self._tasks = mailbox, tuple(tasks)
        self._failing: dict[str, str] = {}
        self._relay.start()
        self._heartbeat.start()
        self._loops = [
            asyncio.create_task(_every(sweep_every_s, self._sweeper.run_once), name="sweeper"),
            asyncio.create_task(_every(self._collector.rules.interval_s, self._collector.run_once), name="collector"),
            *(
                asyncio.create_task(_every(task.every_s, partial(self._do, task)), name=task.name)
                for task in self._tasks
            ),
        ]
        if mailbox is not None:
            mailbox.start(self._relay.wake)
            self._loops.append(asyncio.create_task(_every(MAILBOX_EVERY_S, mailbox.run_once), name="mailbox"))

    def lag(self) -> int | None:
        """Return the consumer lag on the incoming topic, in records; None while the broker is unreachable."""
        return self._sweeper.lag

    def status(self) -> tuple[Status, str]:
        """Return the node's status and detail for /health: alerts, tasks' problems, failing tasks, lag."""
        wrong = [f"alert: {alert}" for alert in self._collector.alerts]
        wrong += [problem for task in self._tasks if (problem := task.problem())]
        wrong += [f"{name} fails: {error}" for name, error in self._failing.items()]
        return ("degraded", "; ".join(wrong)) if wrong else ("healthy", f"lag {self._sweeper.lag}")

    async def _do(self, task: PeriodicTask) -> None:
        # A failing task shows in /health and is repeated; the other loops go on.
        try:
            await task.work()
        except DatabaseUnavailableError:
            raise
        except Exception as error:
            log.exception("periodic_task_failed", task=task.name)
            self._failing[task.name] = type(error).__name__
        else:
            self._failing.pop(task.name, None)

    async def check_health(self) -> None:
        """Raise NodeDiedError when a loop has ended."""
        for task in self._loops:
            if task.done() and not task.cancelled():
                raise NodeDiedError(f"{task.get_name()}: {task.exception()!r}") from task.exception()

    async def close(self) -> None:
        """Stop the loops and the relay, which publishes pending events, then close the pool."""
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._mailbox is not None:
            await self._mailbox.close()
        for periodic in self._tasks:
            await periodic.close()
        await self._sweeper.close()
        await self._relay.stop()
        await self._heartbeat.stop()
        await self._pool.close()


async def _every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except DatabaseUnavailableError as error:
            log.warning("database_away", detail=str(error))
        await asyncio.sleep(seconds)
