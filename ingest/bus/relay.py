"""The relay: sends committed events to Kafka, at once when woken, and again until the broker has written them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from uuid import UUID

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from db.operations import events
from db.operations.events import Refused
from db.pool import Connection, DatabaseUnavailableError, Pool, acquire
from db.records import Event
from ingest.bus.failpoints import Failpoint, no_failpoint
from ingest.bus.sending import SEND_TIMEOUT_S, BatchSender, Sent, record_bytes
from ingest.bus.topics import AWAY, KafkaSettings, client_options, ensure_topics
from ingest.events import DLQ, INCOMING, TOPICS

BATCH = 200
LEASE_S = 10.0
"""Longer than a send may take: another relay gets an event only when the first one has died."""
PROBE_EVERY_S = 5.0
GATHER_S, GATHER_EACH_S, MOST_GATHER_S = 0.05, 0.005, 0.5
"""The time between two batches: the first event goes at once, and the more went together, the longer the next gather.
Up to a hundred events a second wait a tenth of a second at most; in a crowd acceptance goes first, for they share a
process."""
FIRST_BACKOFF_S = 0.1
MAX_BACKOFF_S = 5.0
MOST_REFUSALS = 8
"""So often, over about ten minutes, the broker may refuse an event before it is dead-lettered."""

log = structlog.get_logger(__name__)


class Relay:
    """Moves pending events to Kafka. Without a broker it keeps trying; events wait in the store meanwhile.

    A crash after the send repeats the event, which does no harm: records are handled at least once.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        kafka: KafkaSettings,
        clock: Callable[[], float] = time.monotonic,
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._pool = pool
        self._kafka = kafka
        self._clock = clock
        self._failpoint = failpoint
        self._woken = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._next_at = float("-inf")
        self._away_since: float | None = clock()
        self.detail = "connecting"

    @property
    def connected(self) -> bool:
        """True while the broker takes what is sent."""
        return self._away_since is None

    @property
    def away_s(self) -> float:
        """Seconds since the broker last answered; 0 while connected."""
        return 0.0 if self._away_since is None else self._clock() - self._away_since

    @property
    def failed(self) -> BaseException | None:
        """The exception that ended the relay's task, or None."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return None
        return self._task.exception()

    def start(self) -> None:
        """Start in the background; never raises when there is no broker."""
        if self._task is None:
            self._woken.set()
            self._task = asyncio.create_task(self._run(), name="relay")

    def wake(self) -> None:
        """Tell the relay that events were committed; returns at once."""
        self._woken.set()

    async def stop(self) -> None:
        """Send what is pending if the broker is there, then close."""
        self._stopping = True
        self._woken.set()
        if self._task is not None:
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, SEND_TIMEOUT_S + 2)
        self._drop_producer()
        if self._closing:
            await asyncio.wait(self._closing, timeout=SEND_TIMEOUT_S)

    async def _run(self) -> None:
        backoff = FIRST_BACKOFF_S
        while True:
            try:
                await self._connect()
                await self._send_when_woken()
                backoff = FIRST_BACKOFF_S
            except (*AWAY, AssertionError) as error:
                self._disconnect(f"{type(error).__name__}: {error}".rstrip(": "))
                backoff = await self._pause(backoff)
            except DatabaseUnavailableError as error:
                self.detail = str(error)
                backoff = await self._pause(backoff)
            if self._stopping:
                return

    async def _pause(self, seconds: float) -> float:
        if not self._stopping:
            await asyncio.sleep(seconds)
        self._woken.set()
        return min(seconds * 2, MAX_BACKOFF_S)

    async def _connect(self) -> None:
        if self._producer is not None:
            return
        await ensure_topics(self._kafka)
        producer = AIOKafkaProducer(**client_options(self._kafka), enable_idempotence=True)
        try:
            await asyncio.wait_for(producer.start(), SEND_TIMEOUT_S)
        except BaseException:
            await producer.stop()
            raise
        self._producer, self._away_since, self.detail = producer, None, ""
        log.info("relay_connected")

    def _disconnect(self, detail: str) -> None:
        if self._away_since is None:
            self._away_since = self._clock()
            log.warning("relay_disconnected", detail=detail)
        self.detail = detail
        self._drop_producer()

    def _drop_producer(self) -> None:
        """Close the producer in the background: it may wait seconds for batches that the broker does not take."""
        if self._producer is not None:
            task = asyncio.create_task(self._producer.stop(), name="relay-close")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            self._producer = None

    async def _send_when_woken(self) -> None:
        try:
            async with asyncio.timeout(PROBE_EVERY_S):
                await self._woken.wait()
        except TimeoutError:
            await self._probe()
            return
        await self._gather()
        self._woken.clear()
        began, sent = self._clock(), 0
        while (last := await self._send_batch()) == BATCH:
            sent += last
        self._next_at = began + min(MOST_GATHER_S, GATHER_S + GATHER_EACH_S * (sent + last))

    async def _gather(self) -> None:
        wait_s = self._next_at - self._clock()
        if wait_s > 0 and not self._stopping:
            await asyncio.sleep(wait_s)

    async def _probe(self) -> None:
        """Raise KafkaError when the broker has come back without its topics; a broker that is away raises AWAY."""
        assert self._producer is not None
        cluster = await asyncio.wait_for(self._producer.client.fetch_all_metadata(), SEND_TIMEOUT_S)
        if missing := set(TOPICS) - cluster.topics():
            raise KafkaError(f"topics are gone: {', '.join(sorted(missing))}")

    async def _send_batch(self) -> int:
        async with acquire(self._pool) as connection:
            claimed = await events.lease_due(connection, limit=BATCH, lease_s=LEASE_S)
        if not claimed:
            return 0
        self._failpoint("relay:claimed")
        assert self._producer is not None
        sent = await BatchSender(self._producer, self._renew_producer).send(claimed)
        self._failpoint("relay:sent")
        try:
            await self._record({event.id: event for event in claimed}, sent)
        except DatabaseUnavailableError:
            if sent.away is None:
                raise
        if sent.away is not None:
            raise sent.away
        self._failpoint("relay:marked")
        return len(claimed)

    async def _renew_producer(self) -> AIOKafkaProducer:
        self._drop_producer()
        await self._connect()
        assert self._producer is not None
        return self._producer

    async def _record(self, claimed: Mapping[UUID, Event], sent: Sent) -> None:
        """Record what became of each event. Without the database their leases expire and another relay takes them."""
        async with acquire(self._pool) as connection:
            await events.mark_published(connection, sent.written)
            if sent.unsent:
                await events.defer(connection, sent.unsent, seconds=0.0)
            if not sent.refused:
                return
            refusals = await events.put_off(connection, list(sent.refused))
            log.error("events_refused", events={str(i): reason for i, reason in sent.refused.items()})
            for event_id, count in refusals.items():
                if count >= MOST_REFUSALS:
                    await self._give_up(connection, claimed[event_id], sent.refused[event_id])

    async def _give_up(self, connection: Connection, event: Event, reason: str) -> None:
        letter = Refused(event_id=event.id, value=record_bytes(event), cause=f"the broker refuses it: {reason}")
        if await events.dead_letter(connection, letter, announce_on=DLQ, wake_on=INCOMING):
            log.error("event_dead_lettered", event_id=str(event.id), reason=reason)
            self._woken.set()
