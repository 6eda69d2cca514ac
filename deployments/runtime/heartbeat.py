"""What a node says of itself, every few seconds, for /health: one row written in one statement."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from db.operations import node_status
from db.operations.node_status import NO_FACTS, Facts, Status
from db.pool import DatabaseUnavailableError, Pool, acquire
from deployments.runtime.loop_lag import LoopLag

EVERY_S = 5.0
SILENT_S = 4 * EVERY_S
"""A replica that has not reported for so long is silent."""
AGAIN_S = 1.0
"""A report that could not be written is repeated sooner, so that a busy pool does not make a node seem silent."""

log = structlog.get_logger(__name__)


class NodeDiedError(Exception):
    """One of a node's tasks ended: the replica has to be replaced; what it held is taken over, nothing is half done."""


class Heartbeat:
    """Writes `status()` (the status and one line of detail) and `facts()` for a replica of a node until it is stopped.

    Measures the node's event loop meanwhile: one that stands still makes a healthy node degraded.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        node: str,
        replica: str,
        status: Callable[[], tuple[Status, str]],
        facts: Callable[[], Facts] = lambda: NO_FACTS,
        every_s: float = EVERY_S,
    ) -> None:
        self._pool, self._node, self._replica = pool, node, replica
        self._status, self._facts, self._every_s = status, facts, every_s
        self._lag = LoopLag(node=node)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin on the running loop."""
        if self._task is None:
            self._lag.start()
            self._task = asyncio.create_task(self._run(), name=f"heartbeat-{self._node}")

    async def stop(self) -> None:
        """Stop, and take the replica off the list: it ends in good order."""
        self._lag.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(DatabaseUnavailableError):
            async with acquire(self._pool) as connection:
                await node_status.forget(connection, self._node, self._replica)

    async def _run(self) -> None:
        while True:
            try:
                await self._beat()
            except DatabaseUnavailableError:
                # A node that cannot write is silent, which is what /health then sees.
                await asyncio.sleep(min(AGAIN_S, self._every_s))
            except Exception:  # the next report may work: a node that runs must not look silent for ever
                log.exception("heartbeat_failed", of=self._node)
                await asyncio.sleep(self._every_s)
            else:
                await asyncio.sleep(self._every_s)

    async def _beat(self) -> None:
        status, detail = self._with_lag(*self._status())
        async with acquire(self._pool) as connection:
            await node_status.report(connection, self._node, self._replica, status, detail, self._facts())

    def _with_lag(self, status: Status, detail: str) -> tuple[Status, str]:
        problem = self._lag.problem()
        if not problem:
            return status, detail
        return "degraded" if status == "healthy" else status, "; ".join(filter(None, [detail, problem]))
