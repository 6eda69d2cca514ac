"""Blocking work of many callers in one thread: the shortest job first, and a long one before it has waited for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar

PATIENCE = 32
"""Jobs that come later may pass a waiting one until that many times its own size has been worked off."""

Result = TypeVar("Result")


@dataclass(slots=True, kw_only=True)
class Job:
    """One caller's work, to be done in pieces: the size that is `left`, and what had been worked off when it `came`."""

    left: float
    came: float

    @property
    def rank(self) -> float:
        """The job with the least goes first: shortness counts, and so does having come long ago."""
        return self.left + self.came / PATIENCE


@dataclass(order=True, slots=True)
class _Piece:
    rank: float
    number: int
    job: Job = field(compare=False)
    size: float = field(compare=False)
    work: Callable[[], Any] = field(compare=False)
    answer: asyncio.Future[Any] = field(compare=False)


class ShortestFirst:
    """Runs pieces of jobs one at a time; a newcomer waits for the piece that runs, not for its whole job.

    Sizes have any unit that work is proportional to. Ageing is counted in work, not in time, so that the order hangs on
    what was asked for alone. To be used from one event loop.
    """

    def __init__(self, *, thread: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=thread)
        self._waiting: list[_Piece] = []
        self._numbers = count()
        self._worked_off = 0.0
        self._busy = False

    def job(self, size: float) -> Job:
        """Return a job that comes now, of `size` in all."""
        return Job(left=size, came=self._worked_off)

    async def run(self, job: Job, size: float, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, which is `size` of the job; raises what it raises.

        A cancelled call that waits is not run. One that runs ends all the same: a thread can't be stopped.
        """
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, _Piece(job.rank, next(self._numbers), job, size, work, answer))
        if not self._busy:
            self._start_next()
        return await answer

    def _start_next(self) -> None:
        self._busy = False
        while self._waiting and not self._busy:
            piece = heappop(self._waiting)
            if not piece.answer.done():
                self._busy = True
                running = asyncio.get_running_loop().run_in_executor(self._thread, piece.work)
                running.add_done_callback(partial(self._finished, piece))

    def _finished(self, piece: _Piece, running: asyncio.Future[Any]) -> None:
        self._worked_off += piece.size
        piece.job.left -= piece.size
        error = running.exception()
        if piece.answer.done():  # its caller is gone
            pass
        elif error is None:
            piece.answer.set_result(running.result())
        else:
            piece.answer.set_exception(error)
        # After the job, which now learns of it, has put its next piece into the queue.
        asyncio.get_running_loop().call_soon(self._start_next)
