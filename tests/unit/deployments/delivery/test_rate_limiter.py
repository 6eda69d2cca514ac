"""Calls are spread evenly, and a rest is not saved up for a burst."""

from __future__ import annotations

import asyncio
import time

from deployments.channels.whatsapp.rate import RateLimiter


async def test_no_more_than_so_many_a_second() -> None:
    rate_limiter = RateLimiter(50)
    started = time.monotonic()
    await asyncio.gather(*(rate_limiter() for _ in range(11)))
    assert time.monotonic() - started >= 0.19


async def test_what_was_not_used_does_not_come_as_a_burst() -> None:
    rate_limiter = RateLimiter(50)
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await asyncio.gather(*(rate_limiter() for _ in range(6)))
    assert time.monotonic() - started >= 0.09
