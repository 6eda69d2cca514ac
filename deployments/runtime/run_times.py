"""How long runs take lately, and how many are under way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LATELY = 100
"""Runs that the mean is taken over."""


class RunTimes:
    """Times the runs of a node."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lately: deque[float] = deque(maxlen=LATELY)
        self.in_flight = 0

    @property
    def mean_s(self) -> float | None:
        """The mean of the last runs in seconds; None before the first has ended."""
        return sum(self._lately) / len(self._lately) if self._lately else None

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count and time a run, also one that fails."""
        began = self._clock()
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1
            self._lately.append(self._clock() - began)
