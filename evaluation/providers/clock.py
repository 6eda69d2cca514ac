"""The stand-ins' time: the machine's, moved ahead when a test wants eight days to pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class ShiftedClock:
    """The machine's time plus an offset. Tokens that others verify are not dated by it: they carry the real time."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """The stand-ins' present, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> datetime:
        """Let `seconds` pass at once; returns the new present. Raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("time only moves forward: advance_seconds must not be negative")
        self._offset += timedelta(seconds=seconds)
        return self.now()
