"""The ingest node: one member of the consumer group with the pipeline behind it."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from db.ids import new_id
from db.operations import dead_letters
from db.operations.node_status import Facts, Status
from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool, acquire
from deployments.runtime import metrics
from deployments.runtime.heartbeat import EVERY_S, Heartbeat, NodeDiedError
from deployments.turns.failure_notice import FailureNotice
from deployments.turns.node_calls import Analyser, NodeCalls, ProbedAgent, TurnOpener
from deployments.turns.pipeline import Pipeline
from deployments.turns.policy import TurnPolicy
from deployments.turns.reply_limit import ReplyLimit
from deployments.turns.watched_nodes import WatchedNodes
from ingest.bus.consumer import MAX_IN_FLIGHT, SESSION_MS, Consumer
from ingest.bus.dead_letter_limit import DeadLetterLimit
from ingest.bus.failpoints import Failpoint, no_failpoint
from ingest.bus.key_queues import Record
from ingest.bus.record_processor import RecordOutcome
from ingest.bus.relay import Relay
from ingest.bus.topics import KafkaSettings
from ingest.events import DLQ, INCOMING, InboundMessage, InvalidMessageError

GROUP = "nightdesk-ingest"
BROKER_GRACE_S = 5.0
"""How long the broker may be away before the node calls itself degraded."""


class IngestNode:
    """Owns pool, relay, consumer and pipeline. Make it on the loop that runs it: its tasks start at once."""

    def __init__(
        self,
        *,
        pool: Pool,
        kafka: KafkaSettings,
        identity: TurnOpener,
        analysis: Analyser,
        agent: ProbedAgent,
        links: Callable[[str], str],
        approval: bool = False,
        group: str = GROUP,
        max_in_flight: int = MAX_IN_FLIGHT,
        session_ms: int = SESSION_MS,
        beat_every_s: float = EVERY_S,
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        holder = str(new_id())
        limit = DeadLetterLimit()
        configs = ChannelConfigs(pool)
        self._pool = pool
        self._relay = Relay(pool=pool, kafka=kafka, failpoint=failpoint)
        self._nodes = WatchedNodes(
            identity=identity, analysis=analysis, agent=agent, holder=holder, every_s=beat_every_s
        )
        self._pipeline = Pipeline(
            pool=pool,
            nodes=NodeCalls(
                identity=self._nodes.identity,
                analysis=self._nodes.analysis,
                agent=self._nodes.agent,
                policy=TurnPolicy(limit=ReplyLimit(configs=configs, links=links), approval=approval),
                holder=holder,
            ),
            failure_notice=FailureNotice(configs=configs, links=links),
            relay=self._relay,
            holder=holder,
            may_dead_letter=lambda: not limit.reached,
            failpoint=failpoint,
        )
        self._consumer = Consumer(
            kafka=kafka,
            group=group,
            topics=[INCOMING],
            handler=self._handle,
            dead_letter=self._dead_letter,
            limit=limit,
            max_in_flight=max_in_flight,
            session_ms=session_ms,
            failpoint=failpoint,
        )
        self._heartbeat = Heartbeat(
            pool=pool, node="ingest", replica=holder, status=self.status, facts=self.facts, every_s=beat_every_s
        )
        for part in (self._relay, self._consumer, self._heartbeat):
            part.start()

    @property
    def in_flight(self) -> int:
        """Records read and not finished."""
        return self._consumer.in_flight

    def status(self) -> tuple[Status, str]:
        """What the node says of itself: it is unhealthy only when it does not work and will not by itself."""
        if self._consumer.stopped_by_limit:
            return "unhealthy", self._consumer.detail
        if not self._consumer.connected or self._relay.away_s > BROKER_GRACE_S:
            return "degraded", f"Kafka: {self._consumer.detail or self._relay.detail}"
        return "healthy", f"{self._consumer.in_flight} in flight"

    def facts(self) -> Facts:
        """What the node knows of others: which of the nodes that it calls do not answer."""
        metrics.record(metrics.IN_FLIGHT, self._consumer.in_flight, node="ingest")
        return {"failing": self._nodes.failing()}

    async def check_health(self) -> None:
        """Raise NodeDiedError when a task has died. An absent broker or database is no reason to die: it comes back."""
        for part in (self._relay, self._consumer):
            if part.failed is not None:
                raise NodeDiedError(f"{type(part).__name__}: {part.failed!r}") from part.failed

    async def close(self) -> None:
        """Finish what runs, commit, publish, give back leases, close the pool."""
        await self._consumer.stop()
        await self._pipeline.close()
        await self._nodes.close()
        await self._relay.stop()
        await self._heartbeat.stop()
        await self._pool.close()

    async def _handle(self, record: Record) -> RecordOutcome:
        outcome = await self._pipeline.handle(understand(record.value))
        return "dead" if outcome == "dead" else "done"

    async def _dead_letter(self, record: Record, cause: str) -> None:
        async with acquire(self._pool) as connection:
            await dead_letters.dead_letter(
                connection,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                key=record.key,
                value=record.value,
                cause=cause,
                announce_on=DLQ,
            )
        self._relay.wake()


def understand(value: bytes) -> InboundMessage:
    """Read a record. Raises InvalidMessageError with what is wrong, without a word of what the customer wrote."""
    try:
        return InboundMessage.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "record"
        raise InvalidMessageError(f"{where}: {first['type']}") from None
