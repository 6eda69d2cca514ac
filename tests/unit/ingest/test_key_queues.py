"""Records of one key run one after the other, those of others side by side."""

from __future__ import annotations

import asyncio

from ingest.bus.key_queues import KeyQueues, Record


def record(key: str, offset: int, partition: int = 0) -> Record:
    return Record(topic="t", partition=partition, offset=offset, key=key, value=b"")


class Work:
    """Runs until it is let go, and notes what began and ended."""

    def __init__(self) -> None:
        self.began: list[int] = []
        self.ended: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}

    async def __call__(self, record: Record) -> None:
        self.began.append(record.offset)
        await self.gates.setdefault(record.offset, asyncio.Event()).wait()
        self.ended.append(record.offset)

    async def let_go(self, *offsets: int) -> None:
        for offset in offsets:
            self.gates.setdefault(offset, asyncio.Event()).set()
        for _ in range(10):
            await asyncio.sleep(0)


async def test_k2_one_sender_in_order_others_in_parallel() -> None:
    work = Work()
    queues = KeyQueues(work)
    for offset, key in enumerate(["ann", "ann", "bob", "ann"]):
        queues.add(record(key, offset))
    await work.let_go()
    assert work.began == [0, 2]
    assert queues.size == 4
    await work.let_go(2, 0)
    assert work.began == [0, 2, 1]
    await work.let_go(1, 3)
    assert work.ended == [2, 0, 1, 3] or work.ended == [0, 2, 1, 3]
    assert queues.size == 0


async def test_a_revoked_partition_loses_what_has_not_begun() -> None:
    work = Work()
    queues = KeyQueues(work)
    for offset in range(3):
        queues.add(record("ann", offset))
    queues.add(record("ann", 7, partition=1))
    await work.let_go()
    queues.drop([("t", 0)])
    assert queues.running(record("ann", 0))
    await work.let_go(0, 1, 2, 7)
    assert sorted(work.ended) == [0, 7]
    assert await queues.idle(1.0)


async def test_idle_gives_up_after_its_time_and_cancel_ends_what_hangs() -> None:
    work = Work()
    queues = KeyQueues(work)
    queues.add(record("ann", 0))
    assert not await queues.idle(0.05)
    await queues.cancel()
    assert queues.size == 0
