"""The state of each customer's number: the 24-hour window, opt-outs, whether it is on WhatsApp."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluation.providers.clock import ShiftedClock

E164 = re.compile(r"\+[1-9]\d{6,14}")
_STOP = frozenset({"stop", "stopall", "unsubscribe", "end", "quit"})
_START = frozenset({"start", "unstop"})


@dataclass(slots=True)
class Customer:
    """The state of one number; `wrote_at` is when the customer last wrote."""

    wrote_at: datetime | None = None
    unsubscribed: bool = False
    on_whatsapp: bool = True


class Customers:
    """Numbers in E.164, without the `whatsapp:` prefix."""

    def __init__(self, clock: ShiftedClock, window_hours: float) -> None:
        self._clock = clock
        self._window = timedelta(hours=window_hours)
        self._customers: dict[str, Customer] = {}

    def get(self, number: str) -> Customer:
        """Return the number's state, created at the first call."""
        return self._customers.setdefault(number, Customer())

    def wrote(self, number: str, body: str) -> None:
        """Note that the customer wrote: opens the window; STOP unsubscribes, START subscribes again."""
        customer = self.get(number)
        customer.wrote_at = self._clock.now()
        word = body.strip().lower()
        if word in _STOP | _START:
            customer.unsubscribed = word in _STOP

    def window_open(self, number: str) -> bool:
        """Return whether free text may be sent now."""
        wrote_at = self.get(number).wrote_at
        return wrote_at is not None and self._clock.now() - wrote_at < self._window
