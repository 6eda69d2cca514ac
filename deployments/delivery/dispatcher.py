"""The delivery node: leases words from the outbox, hands them to their channel's sender, records what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from uuid import UUID

import structlog

from db import outbox
from db.ids import new_id
from db.node_status import Status
from db.outbox import Unsent
from db.pool import Connection, DatabaseUnavailableError, Pool, connection
from db.records import Channel, OutboxRow
from deployments.batching import Batcher
from deployments.delivery.sender import (
    LookUpFailedError,
    MessageRejectedError,
    OutcomeUnknownError,
    Sender,
    TransientDeliveryError,
)
from deployments.heartbeat import Heartbeat
from deployments.patience import until_it_answers
from ingest.producer import no_failpoint

POLL_S = 0.5
"""The outbox is polled: replies go out while the broker is away too, and one pass serves every channel."""
LEASE_S = 60.0
"""Longer than any sender's own time-out: only a dead sender's lease lapses."""
MAX_IN_FLIGHT = 50
RARELY = 10
"""Every so many passes, what is not urgent."""
UNKNOWN_S, REJECTED_S, MAX_PAUSE_S = 60.0, 60.0, 900.0
MAX_REJECTIONS = 5

log = structlog.get_logger(__name__)


class NodeDiedError(Exception):
    """The delivery loop ended: the replica has to be replaced, the sweeper frees what it held."""


class Delivery:
    """Runs on the loop it is made on. Any number of replicas may run; no word is leased to two."""

    def __init__(
        self,
        *,
        pool: Pool,
        senders: Iterable[Sender],
        poll_s: float = POLL_S,
        lease_s: float = LEASE_S,
        failpoint: Callable[[str], None] = no_failpoint,
    ) -> None:
        self._pool = pool
        self._senders: dict[Channel, Sender] = {sender.channel: sender for sender in senders}
        self._poll_s, self._lease_s, self._failpoint = poll_s, lease_s, failpoint
        self._mark_sent = Batcher(self._mark_many, size=MAX_IN_FLIGHT, linger_s=0.0)
        self._running: set[asyncio.Task[None]] = set()
        self._away = ""
        self._heartbeat = Heartbeat(pool=pool, node="delivery", replica=str(new_id()), status=self.status)
        self._heartbeat.start()
        self._task = asyncio.create_task(self._run(), name="delivery")

    def status(self) -> tuple[Status, str]:
        """What the node says of itself."""
        return ("degraded", self._away) if self._away else ("healthy", f"{len(self._running)} on their way")

    async def check_health(self) -> None:
        """Raise NodeDiedError when the loop has ended."""
        if self._task.done() and not self._task.cancelled():
            raise NodeDiedError(repr(self._task.exception())) from self._task.exception()

    async def close(self, *, drain_s: float = 20.0) -> None:
        """Take nothing new, let what is on its way end, close the pool."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running, timeout=drain_s)
        await self._heartbeat.stop()
        await self._pool.close()

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

    async def _pass(self) -> bool:
        """Lease what is due and start its sending; True when there may be more right now."""
        room = MAX_IN_FLIGHT - len(self._running)
        if room <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return True
        async with connection(self._pool) as borrowed:
            rows = await outbox.claim(borrowed, list(self._senders), limit=room, lease_s=self._lease_s)
        if rows:
            self._failpoint("delivery:claimed")
        for row in rows:
            self._start(self._send(row))
        return len(rows) == room

    async def _look_after(self) -> None:
        """Ask for words of unknown fate, and park those that nobody can send."""
        channels = list(self._senders)
        async with connection(self._pool) as borrowed:
            if parked := await outbox.park_unserved(borrowed, channels):
                log.warning("words_parked", rows=len(parked), reason="no sender for their channel")
            unknown = await outbox.lease_unknown(borrowed, channels, limit=MAX_IN_FLIGHT, lease_s=self._lease_s)
        for row in unknown:
            self._start(self._reconcile(row))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _send(self, row: OutboxRow) -> None:
        try:
            reference = await self._senders[row.channel].send(row)
        except MessageRejectedError as error:
            state: Unsent = "ready" if row.attempts < MAX_REJECTIONS else "parked"
            await self._settle(row, state, error, retry_in=backoff(REJECTED_S, row.attempts))
        except TransientDeliveryError as error:
            await self._settle(row, "ready", error, retry_in=backoff(error.retry_in, row.attempts))
        except Exception as error:
            if not isinstance(error, OutcomeUnknownError):
                log.exception("sender_failed", outbox_id=str(row.id), channel=row.channel)
            await self._settle(row, "unknown", error)
        else:
            self._failpoint("delivery:sent")
            await until_it_answers(lambda: self._mark_sent((row.id, reference)))
            self._failpoint("delivery:marked")

    async def _reconcile(self, row: OutboxRow) -> None:
        try:
            reference = await self._senders[row.channel].look_up(row)
        except Exception as error:
            if not isinstance(error, LookUpFailedError):
                log.exception("look_up_failed", outbox_id=str(row.id), channel=row.channel)
            await self._settle(row, "unknown", error, retry_in=UNKNOWN_S)
        else:
            if reference is not None:
                await until_it_answers(lambda: self._mark_sent((row.id, reference)))
            else:
                await self._with_connection(lambda c: outbox.missed(c, row.id))

    async def _settle(self, row: OutboxRow, state: Unsent, error: Exception, *, retry_in: float = 0.0) -> None:
        reason = f"{type(error).__name__}: {error}"[:500]
        log.warning("word_not_sent", outbox_id=str(row.id), channel=row.channel, state=state, attempts=row.attempts)
        await self._with_connection(lambda c: outbox.settle(c, row.id, state, error=reason, retry_in=retry_in))

    async def _mark_many(self, sent: Sequence[tuple[UUID, str | None]]) -> list[None]:
        async with connection(self._pool) as borrowed:
            await outbox.mark_sent(borrowed, sent)
        return [None] * len(sent)

    async def _with_connection(self, work: Callable[[Connection], Awaitable[None]]) -> None:
        async def once() -> None:
            async with connection(self._pool) as borrowed:
                await work(borrowed)

        await until_it_answers(once)


def backoff(seconds: float, attempts: int) -> float:
    """Return the pause behind attempt number `attempts`: twice as long each time, at most a quarter of an hour."""
    return float(min(seconds * 2 ** (attempts - 1), MAX_PAUSE_S))
