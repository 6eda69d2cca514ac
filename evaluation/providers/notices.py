"""Posts notices to the product in order, unless an ordered fault drops, repeats, swaps or delays one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from evaluation.providers.faults import NOTICE_KINDS, Fault, FaultKind, Faults

Post = Callable[[], Awaitable[object]]
HELD_AT_MOST_SECONDS = 2.0


class Background:
    """Background tasks of a running stand-in; all are cancelled when it stops."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` in a task."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Cancel the running tasks and wait for their end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class NoticeSender:
    """Posts the notices of one kind: `push`, `status_callback` or `webhook`."""

    def __init__(self, method: str, faults: Faults, background: Background) -> None:
        self._method = method
        self._faults = faults
        self._background = background
        self._held: list[Post] = []
        faults.declare(method, NOTICE_KINDS)

    async def deliver(self, post: Post) -> None:
        """Post one notice and return after the response; at once when it is dropped, delayed or held."""
        fault = self._faults.take(self._method, NOTICE_KINDS)
        if fault is None:
            await self._post(post)
        else:
            await self._deliver_with(fault, post)

    async def _deliver_with(self, fault: Fault, post: Post) -> None:
        match fault.kind:
            case FaultKind.DUPLICATE:
                await asyncio.gather(*(self._post(post) for _ in range(fault.copies)))
            case FaultKind.REORDER:
                self._held.append(post)
                self._background.spawn(self._release_later(post))
            case FaultKind.DELAY:
                self._background.spawn(_later(fault.seconds, lambda: self._post(post)))

    async def _post(self, post: Post) -> None:
        await post()
        while self._held:
            await self._held.pop(0)()

    async def _release_later(self, post: Post) -> None:
        """Post a held notice even if no other follows it."""
        await asyncio.sleep(HELD_AT_MOST_SECONDS)
        if post in self._held:
            self._held.remove(post)
            await post()


async def _later(seconds: float, post: Post) -> None:
    await asyncio.sleep(seconds)
    await post()
