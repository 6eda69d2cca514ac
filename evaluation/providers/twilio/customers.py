"""What the stand-in knows of each customer's number: the 24-hour window, opt-outs, whether it is on WhatsApp."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluation.providers.clock import ShiftedClock

_STOP = frozenset({"stop", "stopall", "unsubscribe", "end", "quit"})
_START = frozenset({"start", "unstop"})


@dataclass(slots=True)
class Customer:
    """One number."""

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
        """The number's record, made at its first mention."""
        return self._customers.setdefault(number, Customer())

    def wrote(self, number: str, body: str) -> None:
        """The customer wrote: the window opens for its hours, STOP and START do what they say."""
        customer = self.get(number)
        customer.wrote_at = self._clock.now()
        word = body.strip().lower()
        if word in _STOP | _START:
            customer.unsubscribed = word in _STOP

    def window_open(self, number: str) -> bool:
        """True while free text may be sent."""
        wrote_at = self.get(number).wrote_at
        return wrote_at is not None and self._clock.now() - wrote_at < self._window
