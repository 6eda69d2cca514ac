"""Gmail's quota: never more than a minute's units in any minute, and no caller waits longer than its lease."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from deployments.channels.gmail.errors import GmailRateLimitError
from deployments.channels.gmail.quota import WINDOW_S, UnitBudget


@dataclass(slots=True)
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


async def test_r6_a_full_minute_is_refused_with_the_time_to_wait() -> None:
    clock = Clock()
    budget = UnitBudget(230 * 6, wait_at_most_s=2.0, clock=clock)
    await budget(115)
    clock.now = 3.0
    await budget(115)
    with pytest.raises(GmailRateLimitError) as caught:
        await budget(10)
    assert caught.value.retry_in == pytest.approx(WINDOW_S - 3.0)
    clock.now = WINDOW_S + 0.1
    await budget(115)
    with pytest.raises(GmailRateLimitError):
        await budget(1)


async def test_r6_a_short_wait_is_waited() -> None:
    budget = UnitBudget(600, wait_at_most_s=11.0)
    await budget(100)
    budget._granted[0] = (budget._granted[0][0] - WINDOW_S + 0.2, 100)
    started = asyncio.get_running_loop().time()
    await budget(100)
    assert 0.1 < asyncio.get_running_loop().time() - started < 2.0


async def test_r6_no_window_ever_holds_more_than_the_limit() -> None:
    clock = Clock()
    budget = UnitBudget(6_000, wait_at_most_s=0.0, clock=clock)
    granted: list[tuple[float, int]] = []
    for step in range(3_000):
        clock.now = step * 0.1
        units = (5, 10, 100)[step % 3]
        try:
            await budget(units)
        except GmailRateLimitError:
            continue
        granted.append((clock.now, units))
    for at, _ in granted:
        assert sum(units for moment, units in granted if at - WINDOW_S < moment <= at) <= 1_000
        assert sum(units for moment, units in granted if at - 60 < moment <= at) <= 6_000
    assert sum(units for _, units in granted) > 25_000
