"""A loop that keeps something of a replica in step with the store."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

import structlog

from db.operations.node_status import Status
from db.pool import DatabaseUnavailableError

EVERY_S = 1.0
AGAIN_S = 30.0
"""After which what could not be loaded is tried again."""

log = structlog.get_logger(__name__)


class StoreWatch(ABC):
    """Looks every EVERY_S. While the store is away, and after a look that failed, what is in force stays so."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._problem = ""
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def look(self) -> None:
        """Do what the store asks for, once; `_problem` says what can't be done. Raises DatabaseUnavailableError."""

    def start(self) -> None:
        """Begin on the running loop."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """Return when the watch is off the pool, which may be closed then."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def status(self) -> tuple[Status, str]:
        """Return the replica's health as far as what is watched goes."""
        return ("degraded", self._problem) if self._problem else ("healthy", "")

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except DatabaseUnavailableError:
                pass
            except Exception:  # the next look may work
                log.exception("watch_failed", watch=self._name)
            await asyncio.sleep(EVERY_S)
