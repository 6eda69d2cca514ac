"""The sweeper: repeats events whose records were lost, and frees expired leases."""

from __future__ import annotations

import structlog

from db.operations import events
from db.operations.events import LogPosition
from db.outbound import outbox
from db.pool import Pool, acquire
from ingest.bus.log_positions import Positions
from ingest.bus.relay import Relay
from ingest.bus.topics import AWAY, KafkaSettings, ensure_topics
from ingest.events import INCOMING

MIN_AGE_S = 3.0
"""Seconds; younger messages are still on their way through Kafka."""

log = structlog.get_logger(__name__)


class Sweeper:
    """To be run about every two seconds. Every step may be repeated, also by several sweepers at once."""

    def __init__(
        self,
        *,
        pool: Pool,
        relay: Relay,
        kafka: KafkaSettings,
        group: str,
        min_age_s: float = MIN_AGE_S,
    ) -> None:
        self._pool, self._relay, self._kafka = pool, relay, kafka
        self._positions = Positions(kafka=kafka, group=group, topic=INCOMING)
        self._min_age_s = min_age_s
        self._lag: int | None = None
        self._partitions: int | None = None

    @property
    def partitions(self) -> int | None:
        """Partitions of the incoming topic, as of the last sweep; None when not known."""
        return self._partitions

    @property
    def lag(self) -> int | None:
        """Records of the incoming topic that the group has not finished, as of the last sweep; None when not known."""
        return self._lag

    async def run_once(self) -> None:
        """Sweep once. Raises DatabaseUnavailableError; without a broker the steps that need it wait for it."""
        async with acquire(self._pool) as connection:
            if freed := await outbox.expire_leases(connection):
                log.warning("outbox_leases_expired", rows=len(freed))
        await self._repeat_lost()
        # For events that another process committed and did not live to send.
        self._relay.wake()

    async def close(self) -> None:
        """Close the Kafka clients."""
        await self._positions.close()

    async def _repeat_lost(self) -> None:
        try:
            positions = await self._read_positions()
        except AWAY as error:
            self._lag = self._partitions = None
            log.info("positions_unknown", detail=f"{type(error).__name__}: {error}")
            return
        self._partitions = len(positions)
        self._lag = sum(p.ending - max(p.committed or p.first, p.first) for p in positions)
        async with acquire(self._pool) as connection:
            repeated = await events.repeat_lost(connection, INCOMING, positions, min_age_s=self._min_age_s)
        if repeated:
            log.warning("wakes_repeated", events=len(repeated))

    async def _read_positions(self) -> list[LogPosition]:
        try:
            return await self._positions.read()
        except AWAY:
            # A broker that came back empty has no topics: create them and read again.
            if not await ensure_topics(self._kafka):
                raise
            return await self._positions.read()
