"""Single calls that happen to come together, made as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

from deployments.runtime.retries import AWAY

Item = TypeVar("Item")
Result = TypeVar("Result")
Batch: TypeAlias = list[tuple[Item, asyncio.Future[Result]]]


class Batcher(Generic[Item, Result]):
    """Turns `many(items) -> results` (as many, in order) into a call for one item.

    Waits at most `linger_s` seconds for company, and not at all once `size` items wait: a call to another node, or to
    the store, costs about the same for one item as for a dozen.

    An error of `many` is looked for in halves of the batch, and reaches the callers of those items alone that cause it.
    One of AWAY says nothing about the items, and reaches every caller. With `abandons` the call is cancelled once all
    callers of its batch are gone; otherwise it ends all the same, as a write has to. An item for which `alone` says so
    is a call of its own, at once: it takes so long that others in its batch would wait for it.
    """

    def __init__(
        self,
        many: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        size: int = 16,
        linger_s: float = 0.005,
        abandons: bool = False,
        alone: Callable[[Item], bool] = lambda item: False,
    ) -> None:
        self._abandons, self._alone = abandons, alone
        self._many, self._size, self._linger_s = many, size, linger_s
        self._waiting: Batch[Item, Result] = []
        self._timer: asyncio.TimerHandle | None = None
        self._flushes: set[asyncio.Task[None]] = set()

    async def __call__(self, item: Item) -> Result:
        """Return the result for `item`."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        if self._alone(item):
            self._start([(item, answer)])
            return await answer
        self._waiting.append((item, answer))
        if len(self._waiting) >= self._size:
            self._flush()
        elif self._timer is None:
            self._timer = loop.call_later(self._linger_s, self._flush)
        return await answer

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch = [call for call in self._waiting if not call[1].done()]
        self._waiting = []
        if batch:
            self._start(batch)

    def _start(self, batch: Batch[Item, Result]) -> None:
        task = asyncio.create_task(self._run(batch))
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)
        if self._abandons:
            _cancel_with_its_callers(task, batch)

    async def _run(self, batch: Batch[Item, Result]) -> None:
        try:
            results = await self._many([item for item, _ in batch])
        except asyncio.CancelledError:
            for _, answer in batch:
                answer.cancel()
            raise
        except Exception as error:
            await self._failed(batch, error)
        else:
            for (_, answer), result in zip(batch, results, strict=True):
                if not answer.done():
                    answer.set_result(result)

    async def _failed(self, batch: Batch[Item, Result], error: Exception) -> None:
        if len(batch) > 1 and not isinstance(error, AWAY):
            middle = len(batch) // 2
            await asyncio.gather(self._run(batch[:middle]), self._run(batch[middle:]))
            return
        for _, answer in batch:
            if not answer.done():
                answer.set_exception(error)


def _cancel_with_its_callers(task: asyncio.Task[None], batch: Batch[Item, Result]) -> None:
    """Cancel the task as soon as nobody waits for any of its answers."""
    left = len(batch)

    def one_less(_: asyncio.Future[Result]) -> None:
        nonlocal left
        left -= 1
        if left == 0 and all(answer.cancelled() for _, answer in batch):
            task.cancel()

    for _, answer in batch:
        answer.add_done_callback(one_less)
