"""Circuit breaker and health status of a channel, derived from the outcomes of its sends."""

from __future__ import annotations

import time
from collections.abc import Callable

from db.operations.node_status import Status

FIRST_PAUSE_S, MAX_PAUSE_S = 1.0, 30.0
ALARM_S = 900.0
"""How long an alarm shows in /health."""


class ChannelState:
    """After a failure a channel pauses, then sends one reply as a trial: an outage leaves few replies of unknown fate.

    Pauses double up to half a minute; the first success ends them. `clock` is monotonic, in seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pause_s = 0.0
        self._until = float("-inf")
        self._problem = ""
        self._alarm, self._alarm_at = "", float("-inf")
        self._send_failed = False

    def capacity(self, limit: int) -> int:
        """Return how many sends may start now: `limit`, 0 during a pause, 1 after it as a trial."""
        if not self._pause_s:
            return limit
        return min(1, limit) if self._clock() >= self._until else 0

    def failed(self, problem: str, *, sending: bool = True) -> None:
        """Record that the provider was unreachable or gave no clear answer; failures during a pause don't prolong it.

        `sending` is False when a credentials check failed rather than a send.
        """
        self._problem = problem
        self._send_failed = self._send_failed or sending
        if self._clock() >= self._until:
            self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), MAX_PAUSE_S)
            self._until = self._clock() + self._pause_s

    def succeeded(self) -> None:
        """Record that the provider accepted a reply, or refused it with a clear answer."""
        self._pause_s, self._until, self._problem = 0.0, float("-inf"), ""
        self._send_failed = False

    def reachable(self) -> None:
        """Record that a credentials check passed. After failed sends it only ends the pause: a trial send must pass."""
        if self._send_failed:
            self._send_failed, self._until = False, self._clock()
        else:
            self.succeeded()

    def alarm(self, text: str) -> None:
        """Show `text` in /health for a quarter of an hour."""
        self._alarm, self._alarm_at = text, self._clock()

    def status(self) -> tuple[Status, str]:
        """Return the channel's status and detail for /health."""
        alarm = self._alarm if self._clock() - self._alarm_at < ALARM_S else ""
        if detail := "; ".join(filter(None, [self._problem, alarm])):
            return "degraded", detail
        return "healthy", "the provider answers"
