"""Concurrent calls are made as one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from deployments.runtime.batching import Batcher
from deployments.runtime.retries import NodeUnavailableError
from tests.fixtures.waiting import eventually


class Doubler:
    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        if 13 in items:
            raise ValueError("unlucky")
        return [2 * item for item in items]


async def test_waiting_calls_are_batched_and_each_gets_its_own_result() -> None:
    doubler = Doubler()
    double = Batcher(doubler, size=16, linger_s=0.01)
    assert await asyncio.gather(*(double(n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert doubler.calls == [[0, 1, 2, 3, 4]]


async def test_a_full_batch_does_not_linger() -> None:
    doubler = Doubler()
    double = Batcher(doubler, size=2, linger_s=3600)
    async with asyncio.timeout(60):
        await asyncio.gather(*(double(n) for n in range(6)))
    assert doubler.calls == [[0, 1], [2, 3], [4, 5]]


async def test_an_error_reaches_the_callers_of_the_items_that_cause_it_only() -> None:
    doubler = Doubler()
    double = Batcher(doubler, size=16, linger_s=0.01)
    results = await asyncio.gather(*(double(n) for n in (1, 13, *range(20, 34))), return_exceptions=True)
    assert [type(result) for result in results] == [int, ValueError, *[int] * 14]
    assert len(doubler.calls) == 9  # sixteen, and two halves for each of four halvings


async def test_an_unavailable_node_is_no_item_s_fault_and_reaches_every_caller() -> None:
    async def away(items: Sequence[int]) -> list[int]:
        raise NodeUnavailableError("gone")

    batched = Batcher(away)
    results = await asyncio.gather(*(batched(n) for n in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [NodeUnavailableError] * 3


@pytest.mark.parametrize("abandons", [True, False])
async def test_a_batch_is_abandoned_with_its_last_caller_unless_it_writes(abandons: bool) -> None:
    ended: list[str] = []
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(items: Sequence[int]) -> list[int]:
        began.set()
        try:
            await may_end.wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        ended.append("done")
        return list(items)

    batcher = Batcher(slowly, linger_s=0.0, abandons=abandons)
    first, second = asyncio.create_task(batcher(1)), asyncio.create_task(batcher(2))
    await began.wait()
    for caller in (first, second):
        assert ended == []
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        await asyncio.sleep(0)
    if abandons:
        await eventually(lambda: ended)
    may_end.set()
    await eventually(lambda: ended)
    assert ended == (["cancelled"] if abandons else ["done"])


async def test_a_cancelled_caller_leaves_the_others_their_results() -> None:
    double = Batcher(Doubler(), linger_s=0.02)
    impatient = asyncio.create_task(double(1))
    patient = asyncio.create_task(double(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_what_takes_long_is_a_call_of_its_own_at_once() -> None:
    doubler = Doubler()
    double = Batcher(doubler, linger_s=0.01, alone=lambda n: n >= 1000)
    assert await asyncio.gather(*(double(n) for n in (1, 1000, 2, 2000, 3))) == [2, 2000, 4, 4000, 6]
    assert doubler.calls == [[1000], [2000], [1, 2, 3]]
