"""Gmail counts units a minute and a user: calls wait here before they would be refused."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from deployments.gmail_errors import GmailBusyError

WINDOW_S = 60.0
WAIT_AT_MOST_S = 10.0
"""Well within the lease of whoever waits."""


class UnitBudget:
    """Lets at most `per_minute` units through in any 60 seconds, in the order they are asked for."""

    def __init__(
        self,
        per_minute: int,
        *,
        wait_at_most_s: float = WAIT_AT_MOST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute, self._wait_at_most_s = per_minute, wait_at_most_s
        self._clock = clock
        self._granted: deque[tuple[float, int]] = deque()

    async def __call__(self, units: int) -> None:
        """Wait until `units` fit. Raises GmailBusyError, and spends nothing, where that would take too long."""
        now = self._clock()
        at = self._free_at(now, units)
        if at - now > self._wait_at_most_s:
            raise GmailBusyError("the minute's Gmail quota is spent", retry_in=at - now)
        self._granted.append((at, units))
        await asyncio.sleep(at - now)

    def _free_at(self, now: float, units: int) -> float:
        """Return the moment at which `units` fit, behind all that were promised a moment before."""
        while self._granted and self._granted[0][0] <= now - WINDOW_S:
            self._granted.popleft()
        at = max(now, self._granted[-1][0]) if self._granted else now
        over = sum(spent for moment, spent in self._granted if moment > at - WINDOW_S) + units - self._per_minute
        for moment, spent in self._granted:
            if over <= 0:
                break
            if moment > at - WINDOW_S:
                over, at = over - spent, moment + WINDOW_S
        return at
