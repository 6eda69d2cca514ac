"""How a channel's provider is doing, as its words show: a pause after a failure, and what /health is told."""

from __future__ import annotations

import time
from collections.abc import Callable

from db.operations.node_status import Status

FIRST_PAUSE_S, MAX_PAUSE_S = 1.0, 30.0
ALARM_S = 900.0
"""How long an alarm shows."""


class ChannelState:
    """While its provider is down a channel tries one word at a time, so that an outage leaves few of unknown fate.

    Nothing is paused for longer than half a minute; the first success opens the channel again. `clock` counts seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pause_s = 0.0
        self._until = float("-inf")
        self._problem = ""
        self._alarm, self._alarm_at = "", float("-inf")
        self._word_failed = False

    def room(self, limit: int) -> int:
        """Return how many words may be begun now: all, none during a pause, one to try again behind it."""
        if not self._pause_s:
            return limit
        return min(1, limit) if self._clock() >= self._until else 0

    def failed(self, problem: str, *, word: bool = True) -> None:
        """Note that the provider could not be reached or gave no clear answer; those at the same moment count once.

        `word` False: it was not a word of ours that failed.
        """
        self._problem = problem
        self._word_failed = self._word_failed or word
        if self._clock() >= self._until:
            self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), MAX_PAUSE_S)
            self._until = self._clock() + self._pause_s

    def succeeded(self) -> None:
        """Note that the provider has a word of ours, or has answered it as it should."""
        self._pause_s, self._until, self._problem = 0.0, float("-inf"), ""
        self._word_failed = False

    def reachable(self) -> None:
        """Note that the provider takes our credentials. Where words have failed since the last time that says little:
        one is tried now, and opens the channel if it passes."""
        if self._word_failed:
            self._word_failed, self._until = False, self._clock()
        else:
            self.succeeded()

    def alarm(self, text: str) -> None:
        """Show `text` for a quarter of an hour."""
        self._alarm, self._alarm_at = text, self._clock()

    def status(self) -> tuple[Status, str]:
        """What the channel says of itself."""
        alarm = self._alarm if self._clock() - self._alarm_at < ALARM_S else ""
        if told := "; ".join(filter(None, [self._problem, alarm])):
            return "degraded", told
        return "healthy", "the provider answers"
