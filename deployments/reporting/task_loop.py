"""A periodic task on a loop of its own, which survives the task's failures and says in /health how it goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from db.pool import DatabaseUnavailableError
from deployments.reporting.periodic_tasks import PeriodicTask

RETRY_S = 10.0
"""A task that failed is repeated at least so soon, so that health is right soon after the cause is mended."""

log = structlog.get_logger(__name__)


class TaskLoop:
    """Must be made on the event loop that runs it: it starts at once. An absent database is no failure of the task."""

    def __init__(self, task: PeriodicTask, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._task, self._clock = task, clock
        self._failure = ""
        self._began: float | None = None
        self._loop = asyncio.create_task(self._run(), name=task.name)

    @property
    def died(self) -> BaseException | None:
        """The exception that ended the loop, or None."""
        return self._loop.exception() if self._loop.done() and not self._loop.cancelled() else None

    def problem(self) -> str:
        """Return what is wrong with the task, '' while nothing is."""
        name = self._task.name
        if self._failure:
            return f"{name} fails: {self._failure}"
        if self._began is not None and self._clock() - self._began > self._task.patience_s:
            return f"{name} has not ended for {self._clock() - self._began:.0f} s"
        return self._task.problem() or ""

    def alert(self) -> str:
        """Return what the task has found that people should know, '' for nothing."""
        return self._task.alert() or ""

    async def close(self) -> None:
        """Stop the loop, and close what the task holds."""
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        await self._task.close()

    async def _run(self) -> None:
        while True:
            await self._once()
            every_s = self._task.every_s
            await asyncio.sleep(min(every_s, RETRY_S) if self._failure else every_s)

    async def _once(self) -> None:
        self._began = self._clock()
        try:
            await self._task.work()
        except DatabaseUnavailableError as error:
            log.warning("database_away", detail=str(error))
        except Exception as error:
            log.exception("periodic_task_failed", task=self._task.name)
            self._failure = type(error).__name__
        else:
            self._failure = ""
        finally:
            self._began = None
