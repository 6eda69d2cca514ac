"""Gmail's quota: units a method, counted over the last minute."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from evaluation.providers.clock import ShiftedClock

UNITS = {
    "users.drafts.create": 10,
    "users.drafts.delete": 10,
    "users.drafts.get": 5,
    "users.drafts.list": 5,
    "users.drafts.send": 100,
    "users.drafts.update": 15,
    "users.getProfile": 1,
    "users.history.list": 2,
    "users.messages.attachments.get": 5,
    "users.messages.delete": 10,
    "users.messages.get": 5,
    "users.messages.list": 5,
    "users.messages.modify": 5,
    "users.messages.send": 100,
    "users.stop": 50,
    "users.threads.get": 10,
    "users.watch": 100,
}
_WINDOW = timedelta(minutes=1)


class Quota:
    """Counts the units spent in a sliding minute. A refused call spends nothing."""

    def __init__(self, units_per_minute: int, clock: ShiftedClock) -> None:
        self._limit = units_per_minute
        self._clock = clock
        self._spent: deque[tuple[datetime, int]] = deque()

    def charge(self, method: str) -> bool:
        """Spend the method's units; False when that would exceed the limit."""
        if self.used() + UNITS[method] > self._limit:
            return False
        self._spent.append((self._clock.now(), UNITS[method]))
        return True

    def used(self) -> int:
        """Return the units spent within the last minute."""
        horizon = self._clock.now() - _WINDOW
        while self._spent and self._spent[0][0] <= horizon:
            self._spent.popleft()
        return sum(units for _, units in self._spent)
