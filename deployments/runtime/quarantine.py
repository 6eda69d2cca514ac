"""Whose fault it is that a node did not answer: its own, or that of the message it was asked about.

A message may hang a node or kill its replica, and then everybody's calls fail with it. So a call that failed is
repeated among few, and then alone. It counts against its message only when it fails alone, on a node that answers a
probe before and after: a node that is down for everybody counts against nobody. And nothing that may have killed a
replica is tried before the last one that died has been replaced: else one message kills all replicas in a row.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import structlog

from deployments.runtime.retries import AWAY, NodeDiedError, answered, until_it_answers

FEW = 8
"""Failed calls that are repeated at once; alone from the first it would take too long after a replica's death."""
PROBE_WITHIN_S = 10.0
SLOWER = 4.0
"""A call gets that many times what the probe before it took in addition: on a busy node it waits as well."""
SETTLE_S = 8.0
"""Until Serve has replaced a replica that died, and somewhat more."""
REMEMBERED = 1_000

T = TypeVar("T")
log = structlog.get_logger(__name__)


class MessageFaultError(Exception):
    """A node that answers others does not survive, or finish, this message: the failure counts against the message,
    which is put off, and after a few of them dead-lettered."""


class Quarantine:
    """Calls one node for messages. `probe` asks it something harmless, and raises or hangs while it is down.

    Messages that were at fault are remembered, and alone from the start. With `few` of 1, for a node that answers in a
    moment, a call is repeated alone at once: it kills one replica less.
    """

    def __init__(
        self,
        *,
        node: str,
        probe: Callable[[], Awaitable[object]],
        within_s: float,
        settle_s: float = SETTLE_S,
        few: int = FEW,
    ) -> None:
        self._node, self._probe, self._within_s = node, probe, within_s
        self._deaths = _Deaths(settle_s)
        self._few = asyncio.Semaphore(few) if few > 1 else None
        self._alone = asyncio.Semaphore(1)
        self._at_fault: OrderedDict[UUID, None] = OrderedDict()

    async def call(
        self,
        message: UUID,
        together: Callable[[], Awaitable[T]],
        single: Callable[[], Awaitable[T]],
        *,
        probe: Callable[[], Awaitable[object]] | None = None,
    ) -> T:
        """Return what `together` returns, or after a failure `single`, which must share its call with nobody.

        `probe` replaces the node's where that serves calls in another order than they come: a probe that waits as the
        message does, and may take as long. Waits while the node is down. Raises MessageFaultError, and what the node
        raises about the message.
        """
        probe = probe or self._probe
        if message not in self._at_fault:
            try:
                return await self._first(message, together, single, probe)
            except AWAY as error:
                log.warning("call_failed", of=self._node, inbox_id=str(message), error=str(error))
                self._deaths.note(error)
        async with self._alone:
            await self._deaths.settled()
            return await self._on_trial(message, single, probe)

    async def _first(
        self,
        message: UUID,
        together: Callable[[], Awaitable[T]],
        single: Callable[[], Awaitable[T]],
        probe: Callable[[], Awaitable[object]],
    ) -> T:
        """Call together with everybody, and once more among few. Raises one of AWAY."""
        try:
            return await answered(together(), within_s=self._within_s)
        except AWAY as error:
            if self._few is None:
                raise
            log.warning("call_failed_among_all", of=self._node, inbox_id=str(message), error=str(error))
            self._deaths.note(error)
        async with self._few:
            await self._deaths.settled()
            return await self._asked(single, probe)

    async def _on_trial(
        self, message: UUID, single: Callable[[], Awaitable[T]], probe: Callable[[], Awaitable[object]]
    ) -> T:
        try:
            result = await self._asked(single, probe)
        except AWAY as error:
            self._deaths.note(error)
            await self._healthy(probe)
            self._remember(message)
            raise MessageFaultError(f"{self._node} answers others: {error}") from error
        self._at_fault.pop(message, None)
        return result

    async def _asked(self, single: Callable[[], Awaitable[T]], probe: Callable[[], Awaitable[object]]) -> T:
        waited = await self._healthy(probe)
        return await answered(single(), within_s=self._within_s + SLOWER * waited)

    async def _healthy(self, probe: Callable[[], Awaitable[object]]) -> float:
        """Wait until the node answers the probe; return the seconds that the probe that it answered took."""
        took = 0.0

        async def once() -> None:
            nonlocal took
            began = time.monotonic()
            await answered(probe(), within_s=PROBE_WITHIN_S if probe is self._probe else self._within_s)
            took = time.monotonic() - began

        await until_it_answers(once)
        return took

    def _remember(self, message: UUID) -> None:
        self._at_fault[message] = None
        if len(self._at_fault) > REMEMBERED:
            self._at_fault.popitem(last=False)


class _Deaths:
    """When a replica of the node died last."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._last = -math.inf

    def note(self, error: Exception) -> None:
        """Take in why a call failed."""
        if isinstance(error, NodeDiedError):
            self._last = time.monotonic()

    async def settled(self) -> None:
        """Wait until none has died for a while."""
        left = self._last + self._settle_s - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)
            await self.settled()
