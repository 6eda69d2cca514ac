"""Calls that come together are made as one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from deployments.runtime.batching import Batcher


class Doubler:
    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        if 13 in items:
            raise ValueError("unlucky")
        return [2 * item for item in items]


async def test_what_waits_goes_together_and_each_gets_its_own() -> None:
    doubler = Doubler()
    double = Batcher(doubler, size=16, linger_s=0.01)
    assert await asyncio.gather(*(double(n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert doubler.calls == [[0, 1, 2, 3, 4]]


async def test_a_full_batch_does_not_linger() -> None:
    doubler = Doubler()
    double = Batcher(doubler, size=2, linger_s=3600)
    async with asyncio.timeout(2):
        await asyncio.gather(*(double(n) for n in range(6)))
    assert doubler.calls == [[0, 1], [2, 3], [4, 5]]


async def test_an_error_reaches_every_caller_of_its_batch_only() -> None:
    double = Batcher(Doubler(), size=2, linger_s=0.01)
    results = await asyncio.gather(double(13), double(1), double(2), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError, int]


async def test_a_caller_that_gives_up_leaves_the_others_their_results() -> None:
    double = Batcher(Doubler(), linger_s=0.02)
    impatient = asyncio.create_task(double(1))
    patient = asyncio.create_task(double(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await impatient
