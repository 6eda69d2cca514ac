"""Whether something that we call works, between the calls too: what failed is probed until it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from deployments.runtime.retries import AWAY, answered

PROBE_WITHIN_S = 8.0
PROBE_EVERY_S = 5.0
PATIENCE_S = 10.0
"""After so long without an answer a call is a reason to probe; it may itself be long."""


class Watch:
    """Keeps `problem` (the error in a few words, '' while there is none) true without traffic.

    A failure sets it and starts a task that awaits `probe` (at once or after `first_s`, then every `every_s` seconds)
    until it answers. Errors other than our own are named by their type: their texts may hold what customers wrote.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[object]],
        *,
        within_s: float = PROBE_WITHIN_S,
        first_s: float = 0.0,
        every_s: float = PROBE_EVERY_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._probe, self._within_s = probe, within_s
        self._first_s, self._every_s, self._patience_s = first_s, every_s, patience_s
        self._task: asyncio.Task[None] | None = None
        self.problem = ""

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Watch a call: its end says whether it works, and a long silence is looked into."""
        timer = asyncio.get_running_loop().call_later(self._patience_s, self._look)
        try:
            yield
        except asyncio.CancelledError:
            self._look()  # given up by its caller, perhaps because it hung
            raise
        except Exception as error:
            self.failed(error)
            raise
        else:
            self.succeeded()
        finally:
            timer.cancel()

    def failed(self, error: BaseException) -> None:
        """Record a failed call; probing begins."""
        self.problem = _in_words(error)
        self._look()

    def succeeded(self) -> None:
        """Record a call that was answered."""
        self.problem = ""

    async def close(self) -> None:
        """Stop probing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _look(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._probe_until_it_answers(), name="watch")

    async def _probe_until_it_answers(self) -> None:
        await asyncio.sleep(self._first_s)
        while True:
            try:
                await answered(self._probe(), within_s=self._within_s)
            except Exception as error:
                self.problem = _in_words(error)
            else:
                self.problem = ""
                return
            await asyncio.sleep(self._every_s)


def _in_words(error: BaseException) -> str:
    return str(error) if isinstance(error, AWAY) else type(error).__name__
