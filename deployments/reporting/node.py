"""The reporting node: runs the sweeper, the collector and the periodic tasks. One replica: others would repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from db.ids import new_id
from db.operations.node_status import Facts, Status
from db.pool import Pool
from deployments.reporting.collector import AlertRules, Collector
from deployments.reporting.periodic_tasks import PeriodicTask
from deployments.reporting.task_loop import TaskLoop
from deployments.reporting.workload import EVERY_S as MEASURE_EVERY_S
from deployments.reporting.workload import WorkloadMeter
from deployments.runtime import metrics
from deployments.runtime.heartbeat import EVERY_S, Heartbeat, NodeDiedError
from ingest.bus.relay import Relay
from ingest.bus.sweeper import Sweeper
from ingest.bus.topics import KafkaSettings

if TYPE_CHECKING:
    from deployments.channels.gmail.mailbox_reader import MailboxWorker

SWEEP_EVERY_S = 2.0
MAILBOX_EVERY_S = 1.0


class ReportingNode:
    """Must be created on the event loop that runs it: its loops start at once.

    `mailbox` is None without a Gmail account. Each of `tasks` gets a loop of its own, as sweeper, collector and mailbox
    have: one that fails holds up none of the others.
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
        beat_every_s: float = EVERY_S,
    ) -> None:
        self._pool = pool
        self._relay = Relay(pool=pool, kafka=kafka)
        self._sweeper = Sweeper(pool=pool, relay=self._relay, kafka=kafka, group=group)
        self._collector = Collector(pool=pool, rules=rules)
        self._meter = WorkloadMeter(pool)
        self._heartbeat = Heartbeat(
            pool=pool,
            node="reporting",
            replica=str(new_id()),
            status=self.status,
            facts=self.facts,
            every_s=beat_every_s,
        )
        self._relay.start()
        if mailbox is not None:
            mailbox.start(self._relay.wake)
        self._loops = [TaskLoop(task) for task in (*self._own_tasks(mailbox, sweep_every_s), *tasks)]
        self._heartbeat.start()

    def lag(self) -> int | None:
        """Return the consumer lag on the incoming topic, in records; None while the broker is unreachable."""
        return self._sweeper.lag

    def status(self) -> tuple[Status, str]:
        """Return the node's status and detail for /health: the tasks that fail; alerts are facts."""
        wrong = [problem for loop in self._loops if (problem := loop.problem())]
        return ("degraded", "; ".join(wrong)) if wrong else ("healthy", f"{len(self._loops)} periodic tasks run")

    def facts(self) -> Facts:
        """Return the work that waits, and how the service does: the collector's alerts, what the tasks have found."""
        found = [alert for loop in self._loops if (alert := loop.alert())]
        ages = self._meter.ages
        if self._sweeper.lag is not None:
            metrics.record(metrics.LAG, self._sweeper.lag)
        return {
            "lag": self._sweeper.lag,
            "partitions": self._sweeper.partitions,
            "outbox_age_s": ages.outbox_s["ready"] if ages else None,
            "alerts": [*self._collector.alerts, *found],
        }

    async def check_health(self) -> None:
        """Raise NodeDiedError when a loop or the relay has ended."""
        for died in (self._relay.failed, *(loop.died for loop in self._loops)):
            if died is not None:
                raise NodeDiedError(repr(died)) from died

    async def close(self) -> None:
        """Stop the loops and the relay, which publishes pending events, then close the pool."""
        for loop in self._loops:
            await loop.close()
        await self._relay.stop()
        await self._heartbeat.stop()
        await self._pool.close()

    def _own_tasks(self, mailbox: MailboxWorker | None, sweep_every_s: float) -> list[PeriodicTask]:
        sweeper, collector = self._sweeper, self._collector
        tasks = [
            PeriodicTask(name="sweeper", every_s=sweep_every_s, work=sweeper.run_once, close=sweeper.close),
            PeriodicTask(name="collector", every_s=collector.rules.interval_s, work=collector.run_once),
            PeriodicTask(name="workload", every_s=MEASURE_EVERY_S, work=self._meter.run_once),
        ]
        if mailbox is not None:
            # No task of its own shows how the mailbox is read: the channel does. A resync may take long.
            tasks.append(
                PeriodicTask(name="mailbox", every_s=MAILBOX_EVERY_S, work=mailbox.run_once, close=mailbox.close)
            )
        return tasks
