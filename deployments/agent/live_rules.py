"""The escalation rules with what a team has tuned since the start: the store is looked at anew every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from db import tuning
from db.pool import Pool, acquire
from db.tuning import Tuning
from deployments.rules.escalation import EscalationRules

LOOK_EVERY_S = 2.0

log = structlog.get_logger(__name__)


class LiveRules:
    """Keeps the rules in step with the store. `clock` is monotonic, in seconds.

    What this release can't use leaves the rules before at work, and `problem` says so.
    """

    def __init__(self, rules: EscalationRules, *, pool: Pool, clock: Callable[[], float]) -> None:
        self._configured = self._rules = rules
        self.problem = ""
        self._tuning = Tuning()
        self._pool, self._clock = pool, clock
        self._look_at = float("-inf")
        self._lock = asyncio.Lock()

    async def current(self) -> EscalationRules:
        """Return the rules. Raises DatabaseUnavailableError."""
        async with self._lock:
            if self._clock() >= self._look_at:
                await self._look()
                self._look_at = self._clock() + LOOK_EVERY_S
        return self._rules

    async def _look(self) -> None:
        async with acquire(self._pool) as connection:
            found = await tuning.in_force(connection)
        if found == self._tuning:
            return
        self._tuning, self.problem = found, ""
        try:
            self._rules = self._configured.over(found.escalation, found.mood)
        except (ValueError, TypeError) as error:
            self.problem = f"thresholds in the store can't be used: {error}"
            log.error("thresholds_not_used", problem=self.problem)
