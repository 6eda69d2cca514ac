"""Gmail counts units a minute and a user: calls wait here before they would be refused."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from deployments.channels.gmail.errors import GmailBusyError

WINDOW_S = 10.0
"""A sixth of Gmail's minute: whoever waits waits a little, instead of nobody for a while and then all for a minute."""


class UnitBudget:
    """Lets at most a sixth of `per_minute` units through in any ten seconds, in the order they are asked for."""

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
        over = sum(spent for moment, spent in self._granted if moment > at - WINDOW_S) + units - self._limit
        for moment, spent in self._granted:
            if over <= 0:
                break
            if moment > at - WINDOW_S:
                over, at = over - spent, moment + WINDOW_S
        return at
