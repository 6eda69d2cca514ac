"""The consumer: hands records to a handler and commits an offset once everything before it is finished.

Delivery is at least once. That is enough: a record names a message in the store, and handling it twice does nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from ingest.bus.dead_letter_limit import DeadLetterLimit
from ingest.bus.failpoints import Failpoint, no_failpoint
from ingest.bus.key_queues import KeyQueues, Record
from ingest.bus.offsets import Offsets, Partition
from ingest.bus.record_processor import DeadLetterHandler, Handler, RecordProcessor
from ingest.bus.topics import AWAY, KafkaSettings, TopicSet, client_options, ensure_topics

MAX_IN_FLIGHT = 64
SESSION_MS = 10_000
REBALANCE_MS = 20_000
POLL_MS = 200
COMMIT_EVERY_S = 0.5
ANSWER_TIMEOUT_S = 5.0
START_TIMEOUT_S = 20.0
SILENCE_S = 10.0
"""After this long without a record the consumer compares its positions with the broker's end offsets."""
DRAIN_S = 20.0
FIRST_BACKOFF_S, MAX_BACKOFF_S = 0.2, 5.0

log = structlog.get_logger(__name__)


class StalledError(Exception):
    """There are records and the client gets none: it is closed and a new one connects."""


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
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._kafka, self._group, self._topics = kafka, group, tuple(topics)
        self._limit = limit or DeadLetterLimit()
        self._processor = RecordProcessor(handler=handler, dead_letter=dead_letter, limit=self._limit)
        self._max_in_flight, self._session_ms = max_in_flight, session_ms
        self._clock, self._failpoint = clock, failpoint
        self._queues = KeyQueues(self._process)
        self._offsets = Offsets()
        self._client: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._paused = False
        self._drain_s = DRAIN_S
        self._closing: set[asyncio.Task[None]] = set()
        self._behind: set[tuple[TopicPartition, int]] = set()
        self._committed_at = self._fetched_at = clock()
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
        """The exception that ended the consumer's task, or None."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return None
        return self._task.exception()

    def start(self) -> None:
        """Start in the background; never raises when there is no broker."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="consumer")

    async def stop(self, *, drain_s: float = DRAIN_S) -> None:
        """Stop reading, wait at most `drain_s` seconds for running records, commit, and leave the group."""
        self._stopping = True
        self._drain_s = drain_s
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        await self._queues.cancel()

    async def _run(self) -> None:
        backoff = FIRST_BACKOFF_S
        while not self._stopping:
            began = self._clock()
            try:
                await self._run_client()
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

    async def _run_client(self) -> None:
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
        client.subscribe(self._topics, listener=_RebalanceListener(self))
        self._client = client
        try:
            await asyncio.wait_for(client.start(), START_TIMEOUT_S)
            self.connected, self.detail, self._fetched_at = True, "", self._clock()
            await self._poll(client)
        finally:
            self.connected = False
            await self._close_client(client)

    async def _poll(self, client: AIOKafkaConsumer) -> None:
        while not self._stopping:
            if self._limit.reached:
                raise LimitReachedError
            room = self._limit_fetching(client)
            batches = await client.getmany(timeout_ms=POLL_MS if room else POLL_MS // 4, max_records=max(room, 1))
            for records in batches.values():
                self._enqueue(records)
            if batches:
                self._fetched_at = self._clock()
                self.connected, self.detail = True, ""
                self._failpoint("consumer:fetched")
            if self._clock() - self._committed_at >= COMMIT_EVERY_S:
                await self.commit()
            if room and self._clock() - self._fetched_at >= SILENCE_S:
                await self._check_progress(client)

    def _limit_fetching(self, client: AIOKafkaConsumer) -> int:
        """Pause all partitions while too much is in flight; return how many records may be fetched now."""
        room = self._max_in_flight - self._queues.size
        full = room <= 0 if not self._paused else room < self._max_in_flight // 4
        if full:
            # Again each time: a rebalance hands partitions back unpaused.
            client.pause(*client.assignment())
        elif self._paused:
            client.resume(*client.assignment())
            self._fetched_at = self._clock()
        self._paused = full
        return 0 if full else room

    def _enqueue(self, records: Sequence[Any]) -> None:
        for read in records:
            key = read.key.decode("utf-8", "replace") if read.key is not None else f"offset:{read.offset}"
            record = Record(
                topic=read.topic, partition=read.partition, offset=read.offset, key=key, value=read.value or b""
            )
            self._offsets.begin((record.topic, record.partition), record.offset)
            if not self._queues.running(record):
                self._queues.add(record)

    async def _check_progress(self, client: AIOKafkaConsumer) -> None:
        """Raise StalledError when the broker came back without topics, or the client hangs (aiokafka #718)."""
        self._fetched_at = self._clock()
        if await ensure_topics(self._kafka, TopicSet(names=self._topics)):
            raise StalledError("the broker had lost its topics")
        ends = await asyncio.wait_for(client.end_offsets(list(client.assignment())), ANSWER_TIMEOUT_S)
        positions = {p: await asyncio.wait_for(client.position(p), ANSWER_TIMEOUT_S) for p in ends}
        behind = {(p, positions[p]) for p, end in ends.items() if positions[p] < end}
        if stuck := (behind & self._behind) or {(p, positions[p]) for p, end in ends.items() if positions[p] > end}:
            raise StalledError(f"no progress at {sorted(stuck)[0]}")
        self._behind = behind

    async def _close_client(self, client: AIOKafkaConsumer) -> None:
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
        """Forget partitions: their new owner reads queued records again, running ones end without a commit."""
        self._queues.drop(partitions)
        self._offsets.forget(partitions)

    async def commit(self) -> None:
        """Commit what is finished. When the group has moved on or the broker is away, records are handled again."""
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

    async def _process(self, record: Record) -> None:
        if await self._processor.process(record) is not None:
            self._offsets.finish((record.topic, record.partition), record.offset)


class _RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Commits and revokes around a rebalance. The client swallows exceptions raised in here."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._consumer.commit()
        self._consumer.revoke([(p.topic, p.partition) for p in revoked])

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        log.info("partitions_assigned", partitions=len(assigned))
