"""The consumer: hands records to its handler, and commits only behind what is finished.

A record is a wake: handling it twice does nothing, and what it stood for is in the store. So nothing here has to be
exact; it has to be brisk, bounded, and to come back by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from ingest.bus.dead_letter_limit import DeadLetterHandler, DeadLetterLimit, Handler, RecordOutcomes
from ingest.bus.key_queues import KeyQueues, Record
from ingest.bus.offsets import Offsets, Partition
from ingest.bus.relay import no_failpoint
from ingest.bus.topics import AWAY, KafkaSettings, TopicSet, client_options, ensure_topics

MAX_IN_FLIGHT = 64
SESSION_MS = 10_000
REBALANCE_MS = 20_000
POLL_MS = 200
COMMIT_EVERY_S = 0.5
ANSWER_TIMEOUT_S = 5.0
START_TIMEOUT_S = 20.0
SILENCE_S = 10.0
"""After this long without a record the consumer looks whether there are any that it does not get."""
DRAIN_S = 20.0
FIRST_BACKOFF_S, MAX_BACKOFF_S = 0.2, 5.0

log = structlog.get_logger(__name__)


class StalledError(Exception):
    """There are records and the client gets none: it is thrown away and a new one connects."""


class LimitReachedError(Exception):
    """Too many dead letters: consuming stops until a restart, the records stay in the log."""


class Consumer:
    """One member of a group. Connects in the background, survives the broker's absence, and stops at its limit."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        group: str,
        topics: Sequence[str],
        handler: Handler,
        dead_letter: DeadLetterHandler,
        limit: DeadLetterLimit | None = None,
        max_in_flight: int = MAX_IN_FLIGHT,
        session_ms: int = SESSION_MS,
        clock: Callable[[], float] = time.monotonic,
        failpoint: Callable[[str], None] = no_failpoint,
    ) -> None:
        self._kafka, self._group, self._topics = kafka, group, tuple(topics)
        self._limit = limit or DeadLetterLimit()
        self._outcomes = RecordOutcomes(handler=handler, dead_letter=dead_letter, limit=self._limit)
        self._max_in_flight, self._session_ms = max_in_flight, session_ms
        self._clock, self._failpoint = clock, failpoint
        self._queues = KeyQueues(self._work)
        self._offsets = Offsets()
        self._client: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._paused = False
        self._drain_s = DRAIN_S
        self._closing: set[asyncio.Task[None]] = set()
        self._behind: set[tuple[TopicPartition, int]] = set()
        self._committed_at = self._heard_at = clock()
        self.connected = False
        self.detail = "connecting"

    @property
    def in_flight(self) -> int:
        """Records read and not finished."""
        return self._queues.size

    @property
    def stopped_by_limit(self) -> bool:
        """True once too many dead letters have stopped the consumer."""
        return self._limit.reached

    @property
    def failed(self) -> BaseException | None:
        """What ended the consumer's task, if anything did."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return None
        return self._task.exception()

    def start(self) -> None:
        """Begin in the background; never raises when there is no broker."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="consumer")

    async def stop(self, *, drain_s: float = DRAIN_S) -> None:
        """Stop reading, let what runs end (at most `drain_s` seconds), commit, and leave the group."""
        self._stopping = True
        self._drain_s = drain_s
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        await self._queues.cancel()

    # The life of one client after another.

    async def _run(self) -> None:
        backoff = FIRST_BACKOFF_S
        while not self._stopping:
            began = self._clock()
            try:
                await self._live()
            except LimitReachedError:
                self.detail = "stopped: too many dead letters, see them and restart"
                log.error("consumer_stopped_by_dead_letters", group=self._group)
                return
            except (*AWAY, StalledError) as error:
                self.detail = f"{type(error).__name__}: {error}".rstrip(": ")
                log.warning("consumer_disconnected", detail=self.detail)
            backoff = FIRST_BACKOFF_S if self._clock() - began > 60 else min(backoff * 2, MAX_BACKOFF_S)
            if not self._stopping:
                await asyncio.sleep(backoff)

    async def _live(self) -> None:
        await ensure_topics(self._kafka, TopicSet(names=self._topics))
        client = AIOKafkaConsumer(
            **client_options(self._kafka),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=self._session_ms,
            heartbeat_interval_ms=self._session_ms // 4,
            rebalance_timeout_ms=REBALANCE_MS,
        )
        client.subscribe(self._topics, listener=_Rebalances(self))
        self._client = client
        try:
            await asyncio.wait_for(client.start(), START_TIMEOUT_S)
            self.connected, self.detail, self._heard_at = True, "", self._clock()
            await self._poll(client)
        finally:
            self.connected = False
            await self._leave(client)

    async def _poll(self, client: AIOKafkaConsumer) -> None:
        while not self._stopping:
            if self._limit.reached:
                raise LimitReachedError
            room = self._make_room(client)
            batches = await client.getmany(timeout_ms=POLL_MS if room else POLL_MS // 4, max_records=max(room, 1))
            for records in batches.values():
                self._take(records)
            if batches:
                self._heard_at = self._clock()
                self.connected, self.detail = True, ""
                self._failpoint("consumer:fetched")
            if self._clock() - self._committed_at >= COMMIT_EVERY_S:
                await self.commit()
            if room and self._clock() - self._heard_at >= SILENCE_S:
                await self._look_for_records(client)

    def _make_room(self, client: AIOKafkaConsumer) -> int:
        """Pause what is assigned while too much is in flight; return how many records may be fetched now."""
        room = self._max_in_flight - self._queues.size
        full = room <= 0 if not self._paused else room < self._max_in_flight // 4
        if full:
            # Again each time: a rebalance hands partitions back unpaused.
            client.pause(*client.assignment())
        elif self._paused:
            client.resume(*client.assignment())
            self._heard_at = self._clock()
        self._paused = full
        return 0 if full else room

    def _take(self, records: Sequence[Any]) -> None:
        for read in records:
            key = read.key.decode("utf-8", "replace") if read.key is not None else f"offset:{read.offset}"
            record = Record(
                topic=read.topic, partition=read.partition, offset=read.offset, key=key, value=read.value or b""
            )
            self._offsets.begin((record.topic, record.partition), record.offset)
            if not self._queues.running(record):
                self._queues.add(record)

    async def _look_for_records(self, client: AIOKafkaConsumer) -> None:
        """A broker may come back empty, and a client may hang after that (aiokafka #718): look from outside."""
        self._heard_at = self._clock()
        if await ensure_topics(self._kafka, TopicSet(names=self._topics)):
            raise StalledError("the broker had lost its topics")
        ends = await asyncio.wait_for(client.end_offsets(list(client.assignment())), ANSWER_TIMEOUT_S)
        positions = {p: await asyncio.wait_for(client.position(p), ANSWER_TIMEOUT_S) for p in ends}
        behind = {(p, positions[p]) for p, end in ends.items() if positions[p] < end}
        if stuck := (behind & self._behind) or {(p, positions[p]) for p, end in ends.items() if positions[p] > end}:
            raise StalledError(f"no progress at {sorted(stuck)[0]}")
        self._behind = behind

    async def _leave(self, client: AIOKafkaConsumer) -> None:
        if self._stopping:
            self._queues.drop(self._offsets.partitions)
            await self._queues.idle(self._drain_s)
        await self.commit()
        self.revoke(self._offsets.partitions)
        self._client, self._behind = None, set()
        # Not cancelled when it takes long: a half-closed client would stay a member that reads nothing.
        closing = asyncio.create_task(client.stop(), name="consumer-close")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await asyncio.wait([closing], timeout=ANSWER_TIMEOUT_S)

    # Called by the client around each rebalance.

    def revoke(self, partitions: Collection[Partition]) -> None:
        """Forget partitions: what has not begun is somebody else's, what runs ends without a commit."""
        self._queues.drop(partitions)
        self._offsets.forget(partitions)

    async def commit(self) -> None:
        """Commit what is finished and not committed. A member that was put out, or an absent broker, loses nothing."""
        self._committed_at = self._clock()
        due = self._offsets.due()
        if not due or self._client is None:
            return
        offsets = {TopicPartition(*partition): offset for partition, offset in due.items()}
        try:
            await asyncio.wait_for(self._client.commit(offsets), ANSWER_TIMEOUT_S)
        except (CommitFailedError, IllegalStateError):
            log.info("commit_refused", reason="the group has moved on")
        except AWAY as error:
            log.warning("commit_failed", detail=f"{type(error).__name__}: {error}")
        else:
            self._offsets.committed(due)
            self._failpoint("consumer:committed")

    async def _work(self, record: Record) -> None:
        if await self._outcomes.on(record) is not None:
            self._offsets.finish((record.topic, record.partition), record.offset)


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]
    """Exceptions in here are swallowed by the client, so none may start in here."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._consumer.commit()
        self._consumer.revoke([(p.topic, p.partition) for p in revoked])

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        log.info("partitions_assigned", partitions=len(assigned))
