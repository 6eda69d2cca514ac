"""What becomes of a record: handled, buried as a dead letter, or left for later; and when burying has to stop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal

import structlog

from db.pool import DatabaseUnavailableError
from ingest.bus.key_queues import Record
from ingest.events import InvalidMessageError

Verdict = Literal["done", "dead"]
"""What became of a record: `dead` is for the dead-letter limit, both are finished."""
Handler = Callable[[Record], Awaitable[Verdict]]
DeadLetterHandler = Callable[[Record, str], Awaitable[None]]

DATABASE_PAUSE_S = 1.0

log = structlog.get_logger(__name__)


class DeadLetterLimit:
    """Tells a few bad messages from a bad deploy, which would empty the topic into the dead letters.

    Reached when `run` records of one partition, or `total_run` of all, died one after the other, or more than `ratio`
    of a partition's last `window` did (once it has seen half of them). It stays reached: only a restart reopens it.
    """

    def __init__(self, *, run: int = 8, total_run: int = 50, window: int = 40, ratio: float = 0.5) -> None:
        self._run, self._total_run, self._window, self._ratio = run, total_run, window, ratio
        self._runs: dict[int, int] = {}
        self._all = 0
        self._recent: dict[int, deque[bool]] = {}
        self.reached = False

    def note(self, partition: int, *, dead: bool) -> None:
        """Count a record that is finished, well or as a dead letter."""
        self._all = self._all + 1 if dead else 0
        self._runs[partition] = self._runs.get(partition, 0) + 1 if dead else 0
        recent = self._recent.setdefault(partition, deque(maxlen=self._window))
        recent.append(dead)
        too_many = len(recent) >= self._window / 2 and sum(recent) > self._ratio * len(recent)
        if self._runs[partition] >= self._run or self._all >= self._total_run or too_many:
            self.reached = True


class RecordOutcomes:
    """Hands records to the handler, buries those that can't be understood, and keeps to the limit."""

    def __init__(self, *, handler: Handler, dead_letter: DeadLetterHandler, limit: DeadLetterLimit) -> None:
        self._handler, self._dead_letter, self._limit = handler, dead_letter, limit

    async def on(self, record: Record) -> Verdict | None:
        """Return the verdict on a record; None leaves it unfinished, so that it is read again after a restart."""
        verdict = await self._verdict(record)
        if verdict is not None:
            self._limit.note(record.partition, dead=verdict == "dead")
        return verdict

    async def _verdict(self, record: Record) -> Verdict | None:
        try:
            return await self._handler(record)
        except InvalidMessageError as error:
            return await self._file_dead_letter(record, str(error))
        except Exception:
            # A message is in the store: the sweeper wakes it again, with a pause that grows.
            log.exception("record_failed", place=record.place)
            return "dead"

    async def _file_dead_letter(self, record: Record, cause: str) -> Verdict | None:
        while not self._limit.reached:
            try:
                await self._dead_letter(record, cause)
            except DatabaseUnavailableError:
                await asyncio.sleep(DATABASE_PAUSE_S)
            else:
                return "dead"
        return None
