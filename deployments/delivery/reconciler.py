"""Words of unknown fate: looked up at their provider, sent once more when it does not know them, never guessed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import UUID

import structlog

from db.outbound import outbox
from db.pool import Connection, Pool, acquire, transaction
from db.records import Channel, OutboxRow
from deployments.channels.parking import park
from deployments.channels.sender import LookUpFailedError, NeverLeftError, Sender, SentTwiceError
from deployments.delivery.channel_state import ChannelState
from deployments.runtime.retries import until_it_answers

LOOK_UP_S = 60.0
"""Between two look-ups; while the provider can't be asked each pause is twice as long as the one before."""
MAX_UNANSWERED = 12
"""Look-ups without an answer, over two hours, before a person is asked to look."""

log = structlog.get_logger(__name__)

T = TypeVar("T")
MarkSent = Callable[[tuple[UUID, str | None]], Awaitable[None]]


class Reconciler:
    """Decides one word at a time. `mark_sent` records a word that was found."""

    def __init__(
        self,
        *,
        pool: Pool,
        senders: Mapping[Channel, Sender],
        states: Mapping[Channel, ChannelState],
        mark_sent: MarkSent,
        look_up_s: float = LOOK_UP_S,
        max_unanswered: int = MAX_UNANSWERED,
    ) -> None:
        self._pool, self._senders, self._states, self._mark_sent = pool, senders, states, mark_sent
        self._look_up_s, self._max_unanswered = look_up_s, max_unanswered
        self._silent: set[Channel] = set()

    async def reconcile(self, row: OutboxRow) -> None:
        """Look a word up and record what that tells."""
        try:
            reference = await self._senders[row.channel].look_up(row)
        except NeverLeftError:
            await self._store(
                lambda c: outbox.settle(
                    c, row.id, "ready", attempt=row.attempts, error="the rest of it never left", retry_in=None
                )
            )
        except SentTwiceError as error:
            self._alarm(row, "sent_twice", "a reply reached a customer twice")
            await self._mark_sent((row.id, error.reference))
        except Exception as error:
            if not isinstance(error, LookUpFailedError):
                log.exception("look_up_failed", outbox_id=str(row.id), channel=row.channel)
            await self._not_asked(row, f"{type(error).__name__}: {error}"[:500])
        else:
            await self._answered(row.channel)
            if reference is None:
                await self._missed(row)
            else:
                self._states[row.channel].succeeded()
                await self._mark_sent((row.id, reference))

    async def _missed(self, row: OutboxRow) -> None:
        if await self._store(lambda c: outbox.missed(c, row.id, pause_s=self._look_up_s)):
            await self._give_up(row, "sent twice, and its provider still does not know it")

    async def _answered(self, channel: Channel) -> None:
        """After a silence: what waits for the end of a pause that the silence made long is asked for now."""
        if channel in self._silent:
            self._silent.discard(channel)
            await self._store(lambda c: outbox.ask_now(c, channel))

    async def _not_asked(self, row: OutboxRow, error: str) -> None:
        times = await self._store(lambda c: outbox.not_asked(c, row.id, error=error, pause_s=self._look_up_s))
        self._silent.add(row.channel)
        log.warning("look_up_unanswered", outbox_id=str(row.id), channel=row.channel, times=times)
        if times >= self._max_unanswered:
            await self._give_up(row, f"nobody can say whether it was sent: {error}")

    async def _give_up(self, row: OutboxRow, reason: str) -> None:
        async def once() -> bool:
            async with transaction(self._pool) as connection:
                return await park(connection, row.id, reason)

        if await until_it_answers(once):
            self._alarm(row, "fate_unknown", "a reply of unknown fate waits for a person")

    def _alarm(self, row: OutboxRow, alarm: str, words: str) -> None:
        self._states[row.channel].alarm(words)
        log.error("alarm", alarm=alarm, outbox_id=str(row.id), channel=row.channel)

    async def _store(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async def once() -> T:
            async with acquire(self._pool) as connection:
                return await work(connection)

        return await until_it_answers(once)
