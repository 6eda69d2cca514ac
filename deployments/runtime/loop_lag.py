"""How long the callbacks of an event loop hold it up, for Prometheus and for the node's status."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from deployments.runtime import metrics

EVERY_S = 0.1
"""A block shorter than this may go unseen; looking takes less than a thousandth of a processor."""
TOLD_EVERY_S = 5.0
"""The gauge is told at least so often, and whenever it changes."""
WINDOW_S = 60.0
"""The longest block of this time is shown, so that a scrape a minute sees every one."""
LIMIT_S = 2.0
"""From here on the node calls itself degraded: whoever asked it meanwhile waited as long."""
SHOWN_S = 20.0
"""For this long after such a block; the gauge shows it for the whole window."""


class LoopLag:
    """Measures the running loop from `start` to `stop`, under the node's name.

    It sleeps EVERY_S seconds and takes for a block what it was woken too late.
    """

    def __init__(self, *, node: str, window_s: float = WINDOW_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._node, self._window_s, self._clock = node, window_s, clock
        self._blocks: deque[tuple[float, float]] = deque()
        self._told, self._tell_at = -1.0, float("-inf")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin on the running loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"loop-lag-{self._node}")

    def stop(self) -> None:
        """End the measurement."""
        if self._task is not None:
            self._task.cancel()

    @property
    def longest_s(self) -> float:
        """The longest block of the window, in seconds."""
        self._forget(self._clock())
        return self._blocks[0][1] if self._blocks else 0.0

    def problem(self) -> str:
        """Return what is wrong with the loop, '' while nothing is."""
        since = self._clock() - SHOWN_S
        longest = next((lag_s for at, lag_s in self._blocks if at >= since), 0.0)
        return f"the event loop stood still for {longest:.1f} s" if longest > LIMIT_S else ""

    def note(self, lag_s: float) -> None:
        """Record a block that has just ended."""
        now = self._clock()
        # Only blocks that may become the longest are kept: a shorter one before this can't any more.
        while self._blocks and self._blocks[-1][1] <= lag_s:
            self._blocks.pop()
        self._blocks.append((now, lag_s))
        self._forget(now)
        self._tell(now)

    def _tell(self, now: float) -> None:
        longest = self._blocks[0][1]
        if longest != self._told or now >= self._tell_at:
            self._told, self._tell_at = longest, now + TOLD_EVERY_S
            metrics.record(metrics.LOOP_LAG, longest, node=self._node)

    def _forget(self, now: float) -> None:
        while self._blocks and self._blocks[0][0] < now - self._window_s:
            self._blocks.popleft()

    async def _run(self) -> None:
        while True:
            began = self._clock()
            await asyncio.sleep(EVERY_S)
            self.note(max(0.0, self._clock() - began - EVERY_S))
