"""The delivery node: leases replies from the outbox, sends them by their channel's sender, records the outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Coroutine, Iterable, Sequence
from uuid import UUID

import structlog

from db.ids import new_id
from db.operations.node_status import Status
from db.outbound import outbox
from db.outbound.channel_configs import ChannelConfigs
from db.outbound.outbox import UnsentState
from db.pool import Connection, DatabaseUnavailableError, Pool, acquire, transaction
from db.records import Channel, OutboxRow
from deployments.channels.parking import park
from deployments.channels.sender import (
    LEASE_S,
    CheckedSender,
    MessageRejectedError,
    NotSentError,
    OutcomeUnknownError,
    Sender,
    TransientDeliveryError,
    UndeliverableError,
    WindowClosedError,
)
from deployments.channels.switches import ChannelSwitches
from deployments.delivery.channel_state import ChannelState
from deployments.delivery.reconciler import LOOK_UP_S, MAX_UNANSWERED, Reconciler, error_text
from deployments.delivery.redirect import redirect
from deployments.runtime.batching import Batcher
from deployments.runtime.heartbeat import Heartbeat, NodeDiedError
from deployments.runtime.retries import in_transaction, until_it_answers, with_connection
from ingest.bus.failpoints import Failpoint, no_failpoint

POLL_S = 0.5
"""The outbox is polled, so that replies are sent while the broker is down; one pass serves every channel."""
MAX_IN_FLIGHT = 50
UPKEEP_PASSES = 10
"""Every so many passes replies of unknown fate are looked up, and unserved channels' replies parked."""
CHECK_S = 60.0
"""Between two checks of a channel's credentials."""
REJECTED_S, MAX_PAUSE_S = 60.0, 900.0
MAX_TRANSIENT_S = 60.0
"""What could not be sent is tried at least once a minute, so that it leaves soon after the provider is back."""
MAX_REJECTIONS = 5

log = structlog.get_logger(__name__)


class DeliveryNode:
    """Must be created on the event loop that runs it. A reply is leased to one replica, however many run.

    Replies of a channel that `switches` has off stay as they are. Without `switches` the rows of `channel_configs`
    decide.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        senders: Iterable[Sender],
        switches: ChannelSwitches | None = None,
        poll_s: float = POLL_S,
        lease_s: float = LEASE_S,
        look_up_s: float = LOOK_UP_S,
        max_unanswered: int = MAX_UNANSWERED,
        check_s: float = CHECK_S,
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._pool = pool
        self._switches = switches or ChannelSwitches(ChannelConfigs(pool))
        self._senders: dict[Channel, Sender] = {sender.channel: sender for sender in senders}
        self._states = {channel: ChannelState() for channel in self._senders}
        self._poll_s, self._lease_s, self._check_s, self._failpoint = poll_s, lease_s, check_s, failpoint
        self._store_sent_batched = Batcher(self._store_sent, size=MAX_IN_FLIGHT, linger_s=0.0)
        self._reconciler = Reconciler(
            pool=pool,
            senders=self._senders,
            states=self._states,
            record_sent=self._record_sent,
            look_up_s=look_up_s,
            max_unanswered=max_unanswered,
        )
        self._running: set[asyncio.Task[None]] = set()
        self._database_problem = ""
        self._heartbeats = self._create_heartbeats(str(new_id()))
        for heartbeat in self._heartbeats:
            heartbeat.start()
        self._task = asyncio.create_task(self._run(), name="delivery")
        self._checks = [
            asyncio.create_task(self._check_credentials(channel, sender), name=f"check-{channel}")
            for channel, sender in self._senders.items()
            if isinstance(sender, CheckedSender)
        ]

    def status(self) -> tuple[Status, str]:
        """Return the node's status and detail for /health."""
        if self._database_problem:
            return "degraded", self._database_problem
        return "healthy", f"{len(self._running)} on their way"

    async def check_health(self) -> None:
        """Raise NodeDiedError when one of its loops has ended."""
        for task in (self._task, *self._checks):
            if task.done() and not task.cancelled():
                raise NodeDiedError(repr(task.exception())) from task.exception()

    async def close(self, *, drain_s: float = 20.0) -> None:
        """Lease nothing more, wait up to `drain_s` seconds for sends in flight, close the pool."""
        for task in (self._task, *self._checks):
            task.cancel()
        await asyncio.gather(self._task, *self._checks, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running, timeout=drain_s)
        for heartbeat in self._heartbeats:
            await heartbeat.stop()
        await self._pool.close()

    def _create_heartbeats(self, replica: str) -> list[Heartbeat]:
        """Return one for the node and one for each channel with a provider, by which /health reports the channel."""
        statuses = {"delivery": self.status} | {
            channel: self._states[channel].status
            for channel, sender in self._senders.items()
            if isinstance(sender, CheckedSender)
        }
        return [
            Heartbeat(pool=self._pool, node=node, replica=replica, status=status) for node, status in statuses.items()
        ]

    async def _run(self) -> None:
        passes = 0
        while True:
            try:
                full = await self._pass()
                if passes % UPKEEP_PASSES == 0:
                    await self._upkeep()
                self._database_problem = ""
            except DatabaseUnavailableError as error:
                full, self._database_problem = False, str(error)
            passes += 1
            await asyncio.sleep(0 if full else self._poll_s)

    async def _check_credentials(self, channel: Channel, sender: CheckedSender) -> None:
        state = self._states[channel]
        while True:
            try:
                await sender.check()
                state.reachable()
            except TransientDeliveryError as error:
                state.failed(str(error), sending=False)
            except Exception as error:
                log.exception("check_failed", channel=channel)
                state.failed(type(error).__name__, sending=False)
            await asyncio.sleep(self._check_s)

    async def _pass(self) -> bool:
        """Lease what is due and start sending it; True when more may be due right now."""
        room = MAX_IN_FLIGHT - len(self._running)
        if room <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return True
        off = await self._switches.reasons()
        async with acquire(self._pool) as connection:
            rows = await self._claim(connection, room, off)
        if rows:
            self._failpoint("delivery:claimed")
        for row in rows:
            self._start(self._send(row))
        return len(rows) == room

    async def _claim(self, connection: Connection, room: int, off: Container[Channel]) -> list[OutboxRow]:
        """Lease for all working channels in one statement, and a trial reply for each channel after a failure."""
        capacities = {channel: state.capacity(room) for channel, state in self._states.items() if channel not in off}
        working = [channel for channel, limit in capacities.items() if limit == room]
        rows = await outbox.lease_due(connection, working, limit=room, lease_s=self._lease_s) if working else []
        for channel in (channel for channel, limit in capacities.items() if 0 < limit < room):
            rows += await outbox.lease_due(connection, [channel], limit=1, lease_s=self._lease_s)
        return rows

    async def _upkeep(self) -> None:
        """Look up replies of unknown fate; park replies of channels without a sender, unpark them once there is one.

        Replies of a channel that is off wait for it: they are neither looked up nor parked.
        """
        off = await self._switches.reasons()
        kept = [*self._senders, *off]
        on = [channel for channel in self._senders if channel not in off]
        async with acquire(self._pool) as connection:
            if parked := await outbox.park_unserved(connection, kept):
                log.warning("replies_parked", rows=len(parked), reason="no sender for their channel")
            await outbox.unpark_served(connection, kept)
            unknown = await outbox.lease_unknown(connection, on, limit=MAX_IN_FLIGHT, lease_s=self._lease_s)
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
        except NotSentError as error:
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
            await self._record_sent((row.id, reference))
            self._failpoint("delivery:marked")

    async def _record_sent(self, sent: tuple[UUID, str | None]) -> None:
        await until_it_answers(lambda: self._store_sent_batched(sent))

    async def _settle(
        self, row: OutboxRow, state: UnsentState, error: Exception, *, retry_in: float | None = 0.0
    ) -> None:
        log.warning("reply_not_sent", outbox_id=str(row.id), channel=row.channel, state=state, attempts=row.attempts)
        await with_connection(
            self._pool,
            lambda c: outbox.mark_unsent(
                c, row.id, state, attempt=row.attempts, error=error_text(error), retry_in=retry_in
            ),
        )

    async def _park(self, row: OutboxRow, error: Exception) -> None:
        log.warning("reply_parked", outbox_id=str(row.id), channel=row.channel, attempts=row.attempts)
        await in_transaction(self._pool, lambda c: park(c, row.id, error_text(error)))

    async def _redirected(self, row: OutboxRow) -> bool:
        """Redirect the reply to e-mail, if that is on with a sender and the recipient has linked an address."""
        if "email" not in self._senders:
            return False

        async def once() -> bool:
            if await self._switches.why_off("email"):
                return False
            async with transaction(self._pool) as connection:
                return await redirect(connection, row.id)

        redirected = await until_it_answers(once)
        if redirected:
            log.info("reply_redirected", outbox_id=str(row.id), channel=row.channel)
        return redirected

    async def _store_sent(self, sent: Sequence[tuple[UUID, str | None]]) -> list[None]:
        async with acquire(self._pool) as connection:
            await outbox.mark_sent(connection, sent)
        return [None] * len(sent)


def backoff(seconds: float, attempts: int) -> float:
    """Return the pause in seconds after attempt number `attempts` (from 1): doubled each time, at most 15 minutes."""
    return float(min(seconds * 2 ** (attempts - 1), MAX_PAUSE_S))
