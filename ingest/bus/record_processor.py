"""Processes a record: hands it to the handler and dead-letters it when it can't be understood."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

import structlog

from db.pool import DatabaseUnavailableError
from ingest.bus.dead_letter_limit import DeadLetterLimit
from ingest.bus.key_queues import Record
from ingest.events import InvalidMessageError

RecordOutcome = Literal["done", "dead"]
"""How a record was finished; `dead` counts towards the dead-letter limit."""
Handler = Callable[[Record], Awaitable[RecordOutcome]]
DeadLetterHandler = Callable[[Record, str], Awaitable[None]]

DATABASE_PAUSE_S = 1.0

log = structlog.get_logger(__name__)


class RecordProcessor:
    """Calls `handler`, or `dead_letter` with the cause after an InvalidMessageError, and counts outcomes in `limit`."""

    def __init__(self, *, handler: Handler, dead_letter: DeadLetterHandler, limit: DeadLetterLimit) -> None:
        self._handler, self._dead_letter, self._limit = handler, dead_letter, limit

    async def process(self, record: Record) -> RecordOutcome | None:
        """Return how the record was finished; None: it is unfinished and will be read again after a restart."""
        outcome = await self._outcome(record)
        if outcome is not None:
            self._limit.note(record.partition, dead=outcome == "dead")
        return outcome

    async def _outcome(self, record: Record) -> RecordOutcome | None:
        try:
            return await self._handler(record)
        except InvalidMessageError as error:
            return await self._write_dead_letter(record, str(error))
        except Exception:
            # The message is in the store: the sweeper repeats it, with a growing pause.
            log.exception("record_failed", place=record.place)
            return "dead"

    async def _write_dead_letter(self, record: Record, cause: str) -> RecordOutcome | None:
        while not self._limit.reached:
            try:
                await self._dead_letter(record, cause)
            except DatabaseUnavailableError:
                await asyncio.sleep(DATABASE_PAUSE_S)
            else:
                return "dead"
        return None
