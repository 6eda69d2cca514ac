"""Replies of unknown fate: looked up at the provider, and sent once more only when it does not have them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from db.outbound import outbox
from db.pool import Pool
from db.records import OutboxRow
from deployments.channels.parking import park
from deployments.channels.sender import LookUpFailedError, NotSentError, Sender, SentTwiceError
from deployments.delivery.channel_state import ChannelState
from deployments.runtime.retries import in_transaction, with_connection

LOOK_UP_S = 60.0
"""Between two look-ups of a reply; doubled each time while the provider is unreachable."""
MAX_UNANSWERED = 12
"""Unanswered look-ups, over two hours, after which the reply is parked for a person."""

log = structlog.get_logger(__name__)

RecordSent = Callable[[tuple[UUID, str | None]], Awaitable[None]]


class Reconciler:
    """Settles one channel's replies. `record_sent` records one that the provider has, with the provider's id."""

    def __init__(
        self,
        *,
        pool: Pool,
        sender: Sender,
        state: ChannelState,
        record_sent: RecordSent,
        look_up_s: float = LOOK_UP_S,
        max_unanswered: int = MAX_UNANSWERED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool, self._sender, self._state, self._record_sent = pool, sender, state, record_sent
        self._look_up_s, self._max_unanswered = look_up_s, max_unanswered
        self._clock = clock
        self._unreachable = False
        self._hurried_at = float("-inf")

    async def reconcile(self, row: OutboxRow) -> None:
        """Look a reply up and record the result."""
        try:
            reference = await self._sender.look_up(row)
        except NotSentError:
            await with_connection(
                self._pool,
                lambda c: outbox.mark_unsent(
                    c, row.id, "ready", attempt=row.attempts, error="it, or the rest of it, never left", retry_in=None
                ),
            )
        except SentTwiceError as error:
            self._alarm(row, "sent_twice", "a reply reached a customer twice")
            await self._record_sent((row.id, error.reference))
        except Exception as error:
            if not isinstance(error, LookUpFailedError):
                log.exception("look_up_failed", outbox_id=str(row.id), channel=row.channel)
            await self._unanswered(row, error_text(error))
        else:
            await self._answered(row, reference)

    async def provider_is_back(self) -> None:
        """Make the look-ups due at once that were not answered: an outage has made their pauses long.

        Once in a first pause: a provider that comes and goes would use up a reply's look-ups in minutes.
        """
        self._unreachable = False
        if self._clock() < self._hurried_at + self._look_up_s:
            return
        if await with_connection(self._pool, lambda c: outbox.look_up_now(c, self._sender.channel)):
            self._hurried_at = self._clock()

    async def _answered(self, row: OutboxRow, reference: str | None) -> None:
        if self._unreachable:
            await self.provider_is_back()
        if reference is not None:
            self._state.succeeded()
            await self._record_sent((row.id, reference))
        elif await with_connection(self._pool, lambda c: outbox.lookup_not_found(c, row.id, pause_s=self._look_up_s)):
            await self._give_up(row, "sent twice, and its provider still does not know it")

    async def _unanswered(self, row: OutboxRow, error: str) -> None:
        times = await with_connection(
            self._pool, lambda c: outbox.lookup_failed(c, row.id, error=error, pause_s=self._look_up_s)
        )
        self._unreachable = True
        log.warning("look_up_unanswered", outbox_id=str(row.id), channel=row.channel, times=times)
        if times >= self._max_unanswered:
            await self._give_up(row, f"nobody can say whether it was sent: {error}")

    async def _give_up(self, row: OutboxRow, reason: str) -> None:
        if await in_transaction(self._pool, lambda c: park(c, row.id, reason)):
            self._alarm(row, "fate_unknown", "a reply of unknown fate waits for a person")

    def _alarm(self, row: OutboxRow, alarm: str, text: str) -> None:
        self._state.alarm(text)
        log.error("alarm", alarm=alarm, outbox_id=str(row.id), channel=row.channel)


def error_text(error: Exception) -> str:
    """Return an error as the outbox stores it: class and message, at most 500 characters."""
    return f"{type(error).__name__}: {error}"[:500]
