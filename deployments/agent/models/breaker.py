"""A circuit breaker: after a row of failures nobody waits for a model that is down; one call in a while tries again."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Open after `failures` in a row; `cooldown_s` later one call may try, and its outcome closes or opens it again."""

    def __init__(
        self, *, failures: int = 5, cooldown_s: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._cooldown_s = cooldown_s
        self._clock = clock
        self._row = 0
        self._try_at = 0.0

    @property
    def closed(self) -> bool:
        """True while calls go through freely."""
        return self._row < self._limit

    def allows(self) -> bool:
        """Tell whether a call may be made now; of the callers after the cool-down only the first may."""
        if self.closed:
            return True
        if self._clock() < self._try_at:
            return False
        self._try_at = self._clock() + self._cooldown_s
        return True

    def succeeded(self) -> None:
        """Close."""
        self._row = 0

    def failed(self) -> None:
        """Count a failure; the last of the row opens."""
        self._row += 1
        if not self.closed:
            self._try_at = self._clock() + self._cooldown_s
