"""One channel's way through delivery: it leases, sends and pauses by itself, so that it never holds up another."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

import structlog

from db.outbound import outbox
from db.pool import DatabaseUnavailableError, Pool, acquire
from db.records import Channel, OutboxRow
from deployments.channels.sender import CheckedSender, Sender, TransientDeliveryError
from deployments.channels.switches import ChannelSwitches
from deployments.delivery.channel_state import ChannelState
from deployments.delivery.dispatch import Dispatch
from deployments.delivery.reconciler import Reconciler
from ingest.bus.failpoints import Failpoint, no_failpoint

CHECK_AGAIN_S = 10.0
"""Between two checks of the credentials while the channel has a problem: two that pass end it without a reply to send.
It is ended within half a minute, and few replies are tried meanwhile."""
LOOK_UP_PASSES = 10
"""Every so many passes replies of unknown fate are looked up."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneTimes:
    """Seconds: between two passes over the outbox, of a lease, between two checks of the credentials."""

    poll_s: float
    lease_s: float
    check_s: float


class Lane:
    """The replies of `sender`'s channel. `start` it on the event loop that runs it."""

    def __init__(
        self,
        *,
        pool: Pool,
        sender: Sender,
        state: ChannelState,
        switches: ChannelSwitches,
        dispatch: Dispatch,
        reconciler: Reconciler,
        times: LaneTimes,
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._pool, self._sender, self._switches, self._times = pool, sender, switches, times
        self._dispatch, self._reconciler, self._failpoint = dispatch, reconciler, failpoint
        self.state = state
        self.database_problem = ""
        self.loops: list[asyncio.Task[None]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._looking_up: set[asyncio.Task[None]] = set()

    @property
    def channel(self) -> Channel:
        """The channel."""
        return self._sender.channel

    @property
    def on_their_way(self) -> set[asyncio.Task[None]]:
        """The sends and look-ups that have begun and not ended."""
        return self._sending | self._looking_up

    def start(self) -> None:
        """Begin to lease and to send, and to check the credentials where there are any."""
        self.loops.append(asyncio.create_task(self._run(), name=f"delivery-{self.channel}"))
        if isinstance(self._sender, CheckedSender):
            self.loops.append(asyncio.create_task(self._check(self._sender), name=f"check-{self.channel}"))

    async def _run(self) -> None:
        passes = 0
        while True:
            try:
                more = await self._pass(look_up=passes % LOOK_UP_PASSES == 0)
                self.database_problem = ""
            except DatabaseUnavailableError as error:
                more, self.database_problem = False, str(error)
            passes += 1
            await asyncio.sleep(0 if more else self._times.poll_s)

    async def _pass(self, *, look_up: bool) -> bool:
        """Lease what is due and start sending it; True when more may be due right now. A channel that is off waits."""
        if await self._switches.why_off(self.channel):
            return False
        if look_up:
            await self._look_up()
        room = self._sender.concurrency - len(self._sending)
        if room <= 0:
            await asyncio.wait(self._sending, timeout=self._times.poll_s, return_when=asyncio.FIRST_COMPLETED)
            return True
        rows = await self._lease(self.state.capacity(room))
        return len(rows) == room

    async def _lease(self, limit: int) -> list[OutboxRow]:
        if limit == 0:
            return []
        async with acquire(self._pool) as connection:
            rows = await outbox.lease_due(connection, self.channel, limit=limit, lease_s=self._times.lease_s)
        if rows:
            self._failpoint("delivery:claimed")
        for row in rows:
            _start(self._sending, self._dispatch.send(row))
        return rows

    async def _look_up(self) -> None:
        """Look up replies of unknown fate, as many at once as are sent at once."""
        room = self._sender.concurrency - len(self._looking_up)
        if room <= 0:
            return
        async with acquire(self._pool) as connection:
            rows = await outbox.lease_unknown(connection, self.channel, limit=room, lease_s=self._times.lease_s)
        for row in rows:
            _start(self._looking_up, self._reconciler.reconcile(row))

    async def _check(self, sender: CheckedSender) -> None:
        away = True
        while True:
            try:
                await sender.check()
                self.state.reachable()
                if away:
                    await self._reconciler.provider_is_back()
                away = False
            except TransientDeliveryError as error:
                away = True
                self.state.failed(str(error), sending=False)
            except Exception as error:
                away = True
                log.exception("check_failed", channel=self.channel)
                self.state.failed(type(error).__name__, sending=False)
            works = self.state.status()[0] == "healthy"
            await asyncio.sleep(self._times.check_s if works else min(self._times.check_s, CHECK_AGAIN_S))


def _start(tasks: set[asyncio.Task[None]], work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
