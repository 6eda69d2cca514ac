"""A circuit breaker, so that turns do not wait for a model that is down."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Opens after `failures` in a row. Every `cooldown_s` seconds one call may try; a success closes it."""

    def __init__(
        self, *, failures: int = 5, cooldown_s: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._cooldown_s = cooldown_s
        self._clock = clock
        self._failures = 0
        self._try_at = 0.0

    @property
    def closed(self) -> bool:
        """Whether all calls are allowed."""
        return self._failures < self._limit

    def allows(self) -> bool:
        """Return whether a call may be made now; after the cool-down only the first caller may."""
        if self.closed:
            return True
        if self._clock() < self._try_at:
            return False
        self._try_at = self._clock() + self._cooldown_s
        return True

    def succeeded(self) -> None:
        """Record a success: the breaker closes."""
        self._failures = 0

    def failed(self) -> None:
        """Record a failure, which may open the breaker or extend the cool-down."""
        self._failures += 1
        if not self.closed:
            self._try_at = self._clock() + self._cooldown_s
