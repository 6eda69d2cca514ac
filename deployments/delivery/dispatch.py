"""Sends one leased reply by its channel's sender and records what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog

from db.outbound import outbox
from db.outbound.outbox import UnsentState
from db.pool import Pool, acquire, transaction
from db.records import OutboxRow
from deployments.channels.parking import park
from deployments.channels.sender import (
    MessageRejectedError,
    NotSentError,
    OutcomeUnknownError,
    Sender,
    TransientDeliveryError,
    UndeliverableError,
    WindowClosedError,
)
from deployments.delivery.channel_state import ChannelState
from deployments.delivery.reconciler import error_text
from deployments.delivery.redirect import redirect
from deployments.runtime import metrics
from deployments.runtime.batching import Batcher
from deployments.runtime.retries import in_transaction, until_it_answers, with_connection
from ingest import tracing
from ingest.bus.failpoints import Failpoint, no_failpoint

REJECTED_S, MAX_PAUSE_S = 60.0, 900.0
MAX_TRANSIENT_S = 60.0
"""What could not be sent is tried at least once a minute, so that it leaves soon after the provider is back."""
MAX_REJECTIONS = 5

log = structlog.get_logger(__name__)


class Dispatch:
    """One channel's sender, with the outcome of each send in `state` and the store.

    `mail_is_open`: whether a reply may be redirected to e-mail, which takes a sender for it and the channel on.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        sender: Sender,
        state: ChannelState,
        mail_is_open: Callable[[], Awaitable[bool]],
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._pool, self._sender, self._state = pool, sender, state
        self._mail_is_open, self._failpoint = mail_is_open, failpoint
        self._store_sent_batched = Batcher(self._store_sent, size=sender.concurrency, linger_s=0.0)

    async def send(self, row: OutboxRow) -> None:
        """Send the reply once and record the outcome; nothing is raised."""
        state = self._state
        try:
            with tracing.span(f"send {row.channel}", row.inbound_id, under=tracing.TURN, **_attributes(row)):
                reference = await self._sender.send(row)
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
            await self.record_sent((row.id, reference))
            self._failpoint("delivery:marked")

    async def record_sent(self, sent: tuple[UUID, str | None]) -> None:
        """Record that the provider has a reply, with the provider's id of it."""
        await until_it_answers(lambda: self._store_sent_batched(sent))

    async def _settle(
        self, row: OutboxRow, state: UnsentState, error: Exception, *, retry_in: float | None = 0.0
    ) -> None:
        log.warning("reply_not_sent", outbox_id=str(row.id), channel=row.channel, state=state, attempts=row.attempts)
        metrics.record(metrics.REPLIES, 1, channel=row.channel, outcome=state)
        await with_connection(
            self._pool,
            lambda c: outbox.mark_unsent(
                c, row.id, state, attempt=row.attempts, error=error_text(error), retry_in=retry_in
            ),
        )

    async def _park(self, row: OutboxRow, error: Exception) -> None:
        log.warning("reply_parked", outbox_id=str(row.id), channel=row.channel, attempts=row.attempts)
        metrics.record(metrics.REPLIES, 1, channel=row.channel, outcome="parked")
        await in_transaction(self._pool, lambda c: park(c, row.id, error_text(error)))

    async def _redirected(self, row: OutboxRow) -> bool:
        """Redirect the reply to e-mail, if that is open and the recipient has linked an address."""

        async def once() -> bool:
            if not await self._mail_is_open():
                return False
            async with transaction(self._pool) as connection:
                return await redirect(connection, row.id)

        redirected = await until_it_answers(once)
        if redirected:
            log.info("reply_redirected", outbox_id=str(row.id), channel=row.channel)
            metrics.record(metrics.REPLIES, 1, channel=row.channel, outcome="redirected")
        return redirected

    async def _store_sent(self, sent: Sequence[tuple[UUID, str | None]]) -> list[None]:
        async with acquire(self._pool) as connection:
            await outbox.mark_sent(connection, sent)
        metrics.record(metrics.REPLIES, len(sent), channel=self._sender.channel, outcome="sent")
        return [None] * len(sent)


def _attributes(row: OutboxRow) -> dict[str, str]:
    return {"nightdesk.channel": row.channel, "nightdesk.author": row.author, "nightdesk.attempt": str(row.attempts)}


def backoff(seconds: float, attempts: int) -> float:
    """Return the pause in seconds after attempt number `attempts` (from 1): doubled each time, at most 15 minutes."""
    return float(min(seconds * 2 ** (attempts - 1), MAX_PAUSE_S))
