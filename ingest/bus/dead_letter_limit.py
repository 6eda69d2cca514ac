"""The limit on dead letters: when so many records fail that the consumer must stop."""

from __future__ import annotations

from collections import deque


class DeadLetterLimit:
    """Tells a few bad messages from a bad deploy, which would move the whole topic into the dead letters.

    Reached when `run` records of one partition, or `total_run` of all, died one after the other, or more than `ratio`
    of a partition's last `window` did (once it has seen half of them). It stays reached until a restart.
    """

    def __init__(self, *, run: int = 8, total_run: int = 50, window: int = 40, ratio: float = 0.5) -> None:
        self._run, self._total_run, self._window, self._ratio = run, total_run, window, ratio
        self._runs: dict[int, int] = {}
        self._all = 0
        self._recent: dict[int, deque[bool]] = {}
        self.reached = False

    def note(self, partition: int, *, dead: bool) -> None:
        """Count a finished record."""
        self._all = self._all + 1 if dead else 0
        self._runs[partition] = self._runs.get(partition, 0) + 1 if dead else 0
        recent = self._recent.setdefault(partition, deque(maxlen=self._window))
        recent.append(dead)
        too_many = len(recent) >= self._window / 2 and sum(recent) > self._ratio * len(recent)
        if self._runs[partition] >= self._run or self._all >= self._total_run or too_many:
            self.reached = True
