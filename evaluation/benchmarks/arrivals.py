"""Forms that arrive at a steady rate for as long as a block lasts, whatever becomes of the earlier ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from evaluation.benchmarks.load import Sent, forms, send_one
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample


class Arrivals:
    """Sends `rate` forms a second until `stop`."""

    def __init__(self, client: ProductClient, samples: Sequence[Sample], rate: float) -> None:
        self._client, self._rate = client, rate
        self._forms = forms(samples)
        self._tasks: list[asyncio.Task[Sent]] = []
        self._sending = True
        self.keys: list[str] = []
        """The Idempotency-Keys of the forms whose sending has begun."""
        self.sent: list[Sent] = []
        """What came of each form, in the order sent; complete once the block has ended."""

    async def keep_sending(self) -> None:
        """Send until `stop`, then wait for what comes of each form."""
        started = asyncio.get_running_loop().time()
        while self._sending:
            key, form = next(self._forms)
            self.keys.append(key)
            self._tasks.append(asyncio.create_task(send_one(self._client, key, form)))
            due = started + len(self._tasks) / self._rate
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        self.sent = list(await asyncio.gather(*self._tasks))

    def stop(self) -> None:
        """Stop sending forms."""
        self._sending = False

    def received(self, first: int) -> list[Sent]:
        """Return what came so far of the forms from the `first` on."""
        return [task.result() for task in self._tasks[first:] if task.done()]


@asynccontextmanager
async def arriving(client: ProductClient, samples: Sequence[Sample], *, rate: float) -> AsyncIterator[Arrivals]:
    """Send forms while the block lasts; afterwards `sent` says what came of each."""
    arrivals = Arrivals(client, samples, rate)
    sending = asyncio.create_task(arrivals.keep_sending())
    try:
        yield arrivals
    finally:
        arrivals.stop()
        await sending
