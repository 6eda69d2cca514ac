"""The idle class of the processor: work that takes only what nobody else asks for."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

NICENESS = 19
T = TypeVar("T")


class Apart(Protocol):
    """Does work in another thread than the one that waits for it."""

    async def __call__(self, work: Callable[[], T], /) -> T: ...


def step_aside() -> None:
    """Leave the processor to others: the lowest priority, and on Linux the idle class.

    On Linux that is of the calling thread, and of the threads and processes that it starts from now on.
    """
    os.nice(NICENESS)
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


async def in_idle_class(work: Callable[[], T]) -> T:
    """Do `work` in a thread of its own, which steps aside; no other thread does.

    The process itself stays in its class, which no thread without privileges comes back to: with a transaction open
    it would hold locks for as long as others compute. NumPy's threads, older than this one, stay there too.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="idle", initializer=step_aside)
    try:
        return await asyncio.get_running_loop().run_in_executor(thread, work)
    finally:
        thread.shutdown(wait=False)
