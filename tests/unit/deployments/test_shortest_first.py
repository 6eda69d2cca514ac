"""The shortest job goes first, and a long one is not passed for ever. The order is read off, no time is."""

from __future__ import annotations

import asyncio
import threading

import pytest

from deployments.runtime.shortest_first import PATIENCE, ShortestFirst


class Worked:
    """Writes down in which order its pieces ran. The first holds the thread until `go`."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.go = threading.Event()
        self.queue = ShortestFirst(thread="test")

    async def do(self, name: str, *pieces: float) -> str:
        """One job in pieces of these sizes."""
        job = self.queue.job(sum(pieces))
        for size in pieces:
            await self.queue.run(job, size, lambda: self.order.append(name))
        return name

    def hold(self) -> asyncio.Task[None]:
        """Keep the thread busy until `go`."""
        return asyncio.create_task(self.queue.run(self.queue.job(1), 1, lambda: void(self.go.wait(60))))


def void(_: object) -> None:
    """Nothing."""


async def test_a_short_job_passes_the_long_ones_that_wait() -> None:
    worked = Worked()
    held = worked.hold()
    await asyncio.sleep(0)
    jobs = [asyncio.create_task(worked.do(f"long-{n}", *[1000] * 8)) for n in range(20)]
    await asyncio.sleep(0)
    jobs.append(asyncio.create_task(worked.do("short", 50)))
    await asyncio.sleep(0)
    worked.go.set()
    await asyncio.gather(held, *jobs)
    assert worked.order[0] == "short"
    assert worked.order[1:] == [f"long-{n}" for n in range(20) for _ in range(8)]


async def test_a_short_job_waits_for_one_piece_of_a_long_job_that_has_begun() -> None:
    worked = Worked()
    began, long = threading.Event(), worked.queue.job(3000)

    def first() -> None:
        worked.order.append("long")
        began.set()
        worked.go.wait(60)

    running = asyncio.create_task(worked.queue.run(long, 1000, first))
    await asyncio.to_thread(began.wait, 60)
    short = asyncio.create_task(worked.do("short", 50))
    await asyncio.sleep(0)
    worked.go.set()
    await running
    again = asyncio.create_task(worked.queue.run(long, 1000, lambda: worked.order.append("long")))
    await asyncio.gather(again, short)
    assert worked.order == ["long", "short", "long"]


async def test_a_long_job_is_passed_by_a_limited_number_of_later_ones() -> None:
    worked = Worked()
    held = worked.hold()
    await asyncio.sleep(0)
    long = asyncio.create_task(worked.do("long", 100))
    await asyncio.sleep(0)
    shorts = [asyncio.create_task(worked.do("short", 10)) for _ in range(3)]
    worked.go.set()
    while not long.done():  # three short jobs wait at any moment
        done, _ = await asyncio.wait([long, *shorts], return_when=asyncio.FIRST_COMPLETED)
        shorts = [one for one in shorts if one not in done]
        shorts += [asyncio.create_task(worked.do("short", 10)) for _ in range(3 - len(shorts))]
    passed = worked.order.index("long")
    await asyncio.gather(held, *shorts)
    assert PATIENCE <= passed <= PATIENCE * 100 / 10 + 3


async def test_a_cancelled_piece_is_not_run_and_a_failing_one_stops_nobody() -> None:
    worked = Worked()
    held = worked.hold()
    await asyncio.sleep(0)
    gone = asyncio.create_task(worked.do("gone", 1))
    broken = asyncio.create_task(worked.queue.run(worked.queue.job(2), 2, lambda: void(1 / 0)))
    last = asyncio.create_task(worked.do("last", 3))
    await asyncio.sleep(0)
    gone.cancel()
    held.cancel()
    worked.go.set()
    assert await last == "last"
    assert worked.order == ["last"]
    with pytest.raises(ZeroDivisionError):
        await broken
