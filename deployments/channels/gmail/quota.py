"""Client-side limit on Gmail's quota units per minute and user: calls wait instead of being refused."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from deployments.channels.gmail.errors import GmailRateLimitError

WINDOW_S = 10.0
"""A sixth of Gmail's minute, so that calls wait a little each, instead of all for a minute after a burst."""


class UnitBudget:
    """Sliding window: at most a sixth of `per_minute` units in any ten seconds, granted in order of request."""

    def __init__(
        self,
        per_minute: int,
        *,
        wait_at_most_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._wait_at_most_s = per_minute * WINDOW_S / 60, wait_at_most_s
        self._clock = clock
        self._granted: deque[tuple[float, int]] = deque()

    async def __call__(self, units: int) -> None:
        """Wait until `units` are free. If that takes too long, raise GmailRateLimitError at once and spend nothing."""
        now = self._clock()
        at = self._free_at(now, units)
        if at - now > self._wait_at_most_s:
            raise GmailRateLimitError("the minute's Gmail quota is spent", retry_in=at - now)
        self._granted.append((at, units))
        await asyncio.sleep(at - now)

    def _free_at(self, now: float, units: int) -> float:
        """Return when `units` are free, not before the latest time already granted."""
        while self._granted and self._granted[0][0] <= now - WINDOW_S:
            self._granted.popleft()
        at = max(now, self._granted[-1][0]) if self._granted else now
        over = sum(spent for moment, spent in self._granted if moment > at - WINDOW_S) + units - self._limit
        for moment, spent in self._granted:
            if over <= 0:
                break
            if moment > at - WINDOW_S:
                over, at = over - spent, moment + WINDOW_S
        return at
