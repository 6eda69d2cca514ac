"""A rate limiter: calls per second, evenly spaced."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class RateLimiter:
    """To be awaited before each call. `clock` is monotonic, in seconds."""

    def __init__(self, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._gap_s = 1 / per_second
        self._clock = clock
        self._next = clock()

    async def __call__(self) -> None:
        """Wait for the next free moment."""
        at = max(self._next, self._clock())
        self._next = at + self._gap_s
        await asyncio.sleep(max(0.0, at - self._clock()))
