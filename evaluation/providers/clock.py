"""The stand-ins' clock: the machine's time, which a control endpoint can move ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class ShiftedClock:
    """The machine's time plus an offset. Tokens that the product verifies carry the real time instead."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the stand-ins' time, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> datetime:
        """Move the clock ahead and return the new time. Raises ValueError for a negative step."""
        if seconds < 0:
            raise ValueError("time only moves forward: advance_seconds must not be negative")
        self._offset += timedelta(seconds=seconds)
        return self.now()
