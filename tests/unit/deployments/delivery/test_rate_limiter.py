"""Calls are spread evenly, and unused capacity is not saved for a burst."""

from __future__ import annotations

import asyncio
import time

from deployments.channels.whatsapp.rate import RateLimiter


async def test_the_rate_is_never_exceeded() -> None:
    rate_limiter = RateLimiter(50)
    started = time.monotonic()
    await asyncio.gather(*(rate_limiter() for _ in range(11)))
    assert time.monotonic() - started >= 0.19


async def test_unused_capacity_is_not_saved_for_a_burst() -> None:
    rate_limiter = RateLimiter(50)
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await asyncio.gather(*(rate_limiter() for _ in range(6)))
    assert time.monotonic() - started >= 0.09
