"""Notifications of operational alerts: the collector's findings, and replies of unknown fate (T-F3).

They are due at once at any hour; only customers' requests wait for the support team's hours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from db.operations import notifications
from db.operations.notifications import UnconfirmedReply
from db.pool import Connection, Pool, acquire

UNKNOWN_FATE_AFTER_S = 600.0
"""Within ten minutes a reachable provider has been asked several times."""
REPEAT_AFTER_S = 6 * 3600.0
"""An alert that persists or flaps is notified once in this time."""


def kind_of(alert: str) -> str:
    """Return the alert's first two words ("mean latency"), by which it is the same one with other figures."""
    return " ".join(alert.split()[:2])


async def notify_alerts(connection: Connection, alerts: Sequence[str], *, now: datetime) -> None:
    """Queue a notification of each alert, once for each kind while it persists."""
    for alert in alerts:
        await notifications.add(
            connection, f"alert:{kind_of(alert)}", f"Alert: {alert}", due_at=now, again_after_s=REPEAT_AFTER_S
        )


class UnknownFateReplies:
    """Notifies once of each reply that may not have reached its customer and for which there is no hand-over."""

    def __init__(
        self,
        *,
        pool: Pool,
        staff_url: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        after_s: float = UNKNOWN_FATE_AFTER_S,
    ) -> None:
        self._pool, self._staff_url, self._clock, self._after_s = pool, staff_url, clock, after_s

    async def run_once(self) -> int:
        """Queue notifications of new ones; return how many. Raises DatabaseUnavailableError."""
        now = self._clock()
        async with acquire(self._pool) as connection:
            found = await notifications.unconfirmed_replies(connection, now=now, after_s=self._after_s)
            for reply in found:
                await notifications.add(connection, f"{reply.state}:{reply.id}", self._text(reply), due_at=now)
        return len(found)

    def _text(self, reply: UnconfirmedReply) -> str:
        which = f"reply in {reply.number} ({reply.channel})"
        if reply.state == "parked":
            return f"A {which} could not be delivered, and its ticket is closed: nobody else tells. {self._staff_url}"
        return (
            f"Nobody can say whether a {which} was sent: its provider has not told for {reply.minutes:.0f} minutes. "
            f"It is not sent again blindly. {self._staff_url}"
        )
