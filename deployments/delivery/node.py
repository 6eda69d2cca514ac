"""The delivery node: leases words from the outbox, hands them to their channel's sender, records what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from uuid import UUID

import structlog

from db.ids import new_id
from db.operations.node_status import Status
from db.outbound import outbox
from db.outbound.outbox import Unsent
from db.pool import Connection, DatabaseUnavailableError, Pool, acquire, transaction
from db.records import Channel, OutboxRow
from deployments.channels.parking import park
from deployments.channels.sender import (
    Checked,
    MessageRejectedError,
    NeverLeftError,
    OutcomeUnknownError,
    Sender,
    TransientDeliveryError,
    UndeliverableError,
    WindowClosedError,
)
from deployments.delivery.channel_state import ChannelState
from deployments.delivery.reconciler import LOOK_UP_S, MAX_UNANSWERED, Reconciler
from deployments.delivery.redirect import redirect
from deployments.runtime.batching import Batcher
from deployments.runtime.heartbeat import Heartbeat, NodeDiedError
from deployments.runtime.retries import until_it_answers
from ingest.bus.relay import no_failpoint

POLL_S = 0.5
"""The outbox is polled: replies go out while the broker is away too, and one pass serves every channel."""
LEASE_S = 60.0
"""Longer than any sender's own time-out: only a dead sender's lease lapses."""
MAX_IN_FLIGHT = 50
RARELY = 10
"""Every so many passes, what is not urgent."""
CHECK_S = 60.0
"""Between two trials of a channel's credentials."""
REJECTED_S, MAX_PAUSE_S = 60.0, 900.0
MAX_TRANSIENT_S = 60.0
"""What did not leave is tried again each minute, so that a provider that is back gets what waited soon."""
MAX_REJECTIONS = 5

log = structlog.get_logger(__name__)


class Delivery:
    """Runs on the loop it is made on. Any number of replicas may run; no word is leased to two."""

    def __init__(
        self,
        *,
        pool: Pool,
        senders: Iterable[Sender],
        poll_s: float = POLL_S,
        lease_s: float = LEASE_S,
        look_up_s: float = LOOK_UP_S,
        max_unanswered: int = MAX_UNANSWERED,
        check_s: float = CHECK_S,
        failpoint: Callable[[str], None] = no_failpoint,
    ) -> None:
        self._pool = pool
        self._senders: dict[Channel, Sender] = {sender.channel: sender for sender in senders}
        self._states = {channel: ChannelState() for channel in self._senders}
        self._poll_s, self._lease_s, self._check_s, self._failpoint = poll_s, lease_s, check_s, failpoint
        self._mark_sent = Batcher(self._mark_many, size=MAX_IN_FLIGHT, linger_s=0.0)
        self._reconciler = Reconciler(
            pool=pool,
            senders=self._senders,
            states=self._states,
            mark_sent=self._marked,
            look_up_s=look_up_s,
            max_unanswered=max_unanswered,
        )
        self._running: set[asyncio.Task[None]] = set()
        self._away = ""
        self._heartbeats = self._hearts(str(new_id()))
        for heartbeat in self._heartbeats:
            heartbeat.start()
        self._task = asyncio.create_task(self._run(), name="delivery")
        self._checks = [
            asyncio.create_task(self._keep_checking(channel, sender), name=f"check-{channel}")
            for channel, sender in self._senders.items()
            if isinstance(sender, Checked)
        ]

    def status(self) -> tuple[Status, str]:
        """What the node says of itself."""
        return ("degraded", self._away) if self._away else ("healthy", f"{len(self._running)} on their way")

    async def check_health(self) -> None:
        """Raise NodeDiedError when one of its loops has ended."""
        for task in (self._task, *self._checks):
            if task.done() and not task.cancelled():
                raise NodeDiedError(repr(task.exception())) from task.exception()

    async def close(self, *, drain_s: float = 20.0) -> None:
        """Take nothing new, let what is on its way end, close the pool."""
        for task in (self._task, *self._checks):
            task.cancel()
        await asyncio.gather(self._task, *self._checks, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running, timeout=drain_s)
        for heartbeat in self._heartbeats:
            await heartbeat.stop()
        await self._pool.close()

    def _hearts(self, replica: str) -> list[Heartbeat]:
        """One for the node, and one for each channel with a provider: /health knows a channel by that."""
        told = {"delivery": self.status} | {
            channel: self._states[channel].status
            for channel, sender in self._senders.items()
            if isinstance(sender, Checked)
        }
        return [Heartbeat(pool=self._pool, node=node, replica=replica, status=say) for node, say in told.items()]

    async def _run(self) -> None:
        passes = 0
        while True:
            try:
                full = await self._pass()
                if passes % RARELY == 0:
                    await self._look_after()
                self._away = ""
            except DatabaseUnavailableError as error:
                full, self._away = False, str(error)
            passes += 1
            await asyncio.sleep(0 if full else self._poll_s)

    async def _keep_checking(self, channel: Channel, sender: Checked) -> None:
        state = self._states[channel]
        while True:
            try:
                await sender.check()
                state.reachable()
            except TransientDeliveryError as error:
                state.failed(str(error), word=False)
            except Exception as error:
                log.exception("check_failed", channel=channel)
                state.failed(type(error).__name__, word=False)
            await asyncio.sleep(self._check_s)

    async def _pass(self) -> bool:
        """Lease what is due and start its sending; True when there may be more right now."""
        room = MAX_IN_FLIGHT - len(self._running)
        if room <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return True
        async with acquire(self._pool) as connection:
            rows = await self._claim(connection, room)
        if rows:
            self._failpoint("delivery:claimed")
        for row in rows:
            self._start(self._send(row))
        return len(rows) == room

    async def _claim(self, connection: Connection, room: int) -> list[OutboxRow]:
        """Lease for all open channels at once, and one word for each channel that is tried again after a failure."""
        rooms = {channel: state.room(room) for channel, state in self._states.items()}
        opened = [channel for channel, limit in rooms.items() if limit == room]
        rows = await outbox.claim(connection, opened, limit=room, lease_s=self._lease_s) if opened else []
        for channel in (channel for channel, limit in rooms.items() if 0 < limit < room):
            rows += await outbox.claim(connection, [channel], limit=1, lease_s=self._lease_s)
        return rows

    async def _look_after(self) -> None:
        """Ask for words of unknown fate, park those that nobody can send, free those that somebody can again."""
        channels = list(self._senders)
        async with acquire(self._pool) as connection:
            if parked := await outbox.park_unserved(connection, channels):
                log.warning("words_parked", rows=len(parked), reason="no sender for their channel")
            await outbox.serve_again(connection, channels)
            unknown = await outbox.lease_unknown(connection, channels, limit=MAX_IN_FLIGHT, lease_s=self._lease_s)
        for row in unknown:
            self._start(self._reconciler.reconcile(row))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _send(self, row: OutboxRow) -> None:
        state = self._states[row.channel]
        try:
            reference = await self._senders[row.channel].send(row)
        except UndeliverableError as error:
            if not (isinstance(error, WindowClosedError) and await self._redirected(row)):
                await self._park(row, error)
        except NeverLeftError as error:
            await self._settle(row, "ready", error, retry_in=None)
        except MessageRejectedError as error:
            state.succeeded()
            if row.attempts < MAX_REJECTIONS:
                await self._settle(row, "ready", error, retry_in=backoff(REJECTED_S, row.attempts))
            else:
                await self._park(row, error)
        except TransientDeliveryError as error:
            state.failed(str(error))
            pause = max(error.retry_in, min(backoff(error.retry_in, row.attempts), MAX_TRANSIENT_S))
            await self._settle(row, "ready", error, retry_in=pause)
        except Exception as error:
            if not isinstance(error, OutcomeUnknownError):
                log.exception("sender_failed", outbox_id=str(row.id), channel=row.channel)
            state.failed(str(error))
            await self._settle(row, "unknown", error)
        else:
            state.succeeded()
            self._failpoint("delivery:sent")
            await self._marked((row.id, reference))
            self._failpoint("delivery:marked")

    async def _marked(self, sent: tuple[UUID, str | None]) -> None:
        await until_it_answers(lambda: self._mark_sent(sent))

    async def _settle(self, row: OutboxRow, state: Unsent, error: Exception, *, retry_in: float | None = 0.0) -> None:
        log.warning("word_not_sent", outbox_id=str(row.id), channel=row.channel, state=state, attempts=row.attempts)

        async def once() -> None:
            async with acquire(self._pool) as connection:
                await outbox.settle(
                    connection, row.id, state, attempt=row.attempts, error=_reason(error), retry_in=retry_in
                )

        await until_it_answers(once)

    async def _park(self, row: OutboxRow, error: Exception) -> None:
        log.warning("word_parked", outbox_id=str(row.id), channel=row.channel, attempts=row.attempts)

        async def once() -> None:
            async with transaction(self._pool) as connection:
                await park(connection, row.id, _reason(error))

        await until_it_answers(once)

    async def _redirected(self, row: OutboxRow) -> bool:
        """Let mail carry it, if there is a sender for mail and the recipient has linked an address."""
        if "email" not in self._senders:
            return False

        async def once() -> bool:
            async with transaction(self._pool) as connection:
                return await redirect(connection, row.id)

        redirected = await until_it_answers(once)
        if redirected:
            log.info("word_redirected", outbox_id=str(row.id), channel=row.channel)
        return redirected

    async def _mark_many(self, sent: Sequence[tuple[UUID, str | None]]) -> list[None]:
        async with acquire(self._pool) as connection:
            await outbox.mark_sent(connection, sent)
        return [None] * len(sent)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def backoff(seconds: float, attempts: int) -> float:
    """Return the pause behind attempt number `attempts`: twice as long each time, at most a quarter of an hour."""
    return float(min(seconds * 2 ** (attempts - 1), MAX_PAUSE_S))
