"""Alarms that the team hears of: what the collector finds, and words whose fate their provider does not tell (T-F3).

A machine's trouble is told at once at any hour: unlike a customer's request it does not wait for somebody to come in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from db.operations import notifications
from db.operations.notifications import UndecidedWord
from db.pool import Connection, Pool, acquire

UNDECIDED_AFTER_S = 600.0
"""Ten minutes, in which a provider that answers is asked several times."""
AGAIN_AFTER_S = 6 * 3600.0
"""An alert that goes on, or comes and goes, is told once in this time."""


async def tell_alerts(connection: Connection, alerts: Sequence[str], *, now: datetime) -> None:
    """Have the collector's alerts told; their first two words say which one it is ("mean latency")."""
    for alert in alerts:
        key = "alert:" + " ".join(alert.split()[:2])
        await notifications.add(connection, key, f"Alert: {alert}", due_at=now, again_after_s=AGAIN_AFTER_S)


class UndecidedWords:
    """Looks for words that may not have reached their customer and that no hand-over stands for; each is told once."""

    def __init__(
        self,
        *,
        pool: Pool,
        staff_url: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        after_s: float = UNDECIDED_AFTER_S,
    ) -> None:
        self._pool, self._staff_url, self._clock, self._after_s = pool, staff_url, clock, after_s

    async def run_once(self) -> int:
        """Have what is new told; returns how many. Raises DatabaseUnavailableError."""
        now = self._clock()
        async with acquire(self._pool) as connection:
            found = await notifications.undecided_words(connection, now=now, after_s=self._after_s)
            for word in found:
                await notifications.add(connection, f"{word.state}:{word.id}", self._news(word), due_at=now)
        return len(found)

    def _news(self, word: UndecidedWord) -> str:
        reply = f"reply in {word.number} ({word.channel})"
        if word.state == "parked":
            return f"A {reply} could not be delivered, and its ticket is closed: nobody else tells. {self._staff_url}"
        return (
            f"Nobody can say whether a {reply} was sent: its provider has not told for {word.minutes:.0f} minutes. "
            f"It is not sent again blindly. {self._staff_url}"
        )
