"""Runs records: those of one key in order, those of different keys concurrently."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it was read from Kafka."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition and offset."""
        return self.topic, self.partition, self.offset


Key = tuple[str, int, str]


class KeyQueues:
    """Runs `work` for each record added, with one queue a key of a partition; `work` must not raise."""

    def __init__(self, work: Callable[[Record], Awaitable[None]]) -> None:
        self._work = work
        self._waiting: dict[Key, deque[Record]] = {}
        self._running: dict[tuple[str, int, int], asyncio.Task[None]] = {}

    @property
    def size(self) -> int:
        """Records running or queued."""
        return len(self._running) + sum(len(queue) for queue in self._waiting.values())

    def running(self, record: Record) -> bool:
        """Return whether this record is running; after a rebalance it may be read a second time."""
        return record.place in self._running

    def add(self, record: Record) -> None:
        """Start the record, or queue it behind those of its key."""
        key = (record.topic, record.partition, record.key)
        if key in self._waiting:
            self._waiting[key].append(record)
        else:
            self._waiting[key] = deque()
            self._start(key, record)

    def drop(self, partitions: Collection[tuple[str, int]]) -> None:
        """Drop queued records of these partitions: their new owner reads them again."""
        for (topic, partition, _), queue in self._waiting.items():
            if (topic, partition) in partitions:
                queue.clear()

    async def idle(self, timeout: float) -> bool:
        """Wait until nothing runs, at most `timeout` seconds; False when something still does."""
        try:
            async with asyncio.timeout(timeout):
                while self._running:
                    await asyncio.wait(list(self._running.values()))
        except TimeoutError:
            return False
        return True

    async def cancel(self) -> None:
        """Cancel every running record and wait for its end."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: Key, record: Record) -> None:
        task = asyncio.create_task(self._run(key, record))
        self._running[record.place] = task

    async def _run(self, key: Key, record: Record) -> None:
        try:
            await self._work(record)
        finally:
            self._running.pop(record.place, None)
            if queue := self._waiting[key]:
                self._start(key, queue.popleft())
            else:
                del self._waiting[key]
