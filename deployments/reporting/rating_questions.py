"""Asks customers of WhatsApp and mail once, after their ticket was resolved, whether the answer was any help."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from db.pool import Connection, Pool, transaction
from db.records import Channel
from db.tickets import rating_questions
from db.tickets.rating_questions import TicketToAsk
from deployments.channels.mail_template import in_mail_template

AFTER_S = 300.0
"""So long a resolved ticket is left alone first: who writes at once opens it again."""
AT_ONCE = 100
SUBJECT = "Was our answer any help?"
_WHATSAPP = "Was our answer to {number} any help? Please reply 1 for yes, 2 for no."
_MAIL = "Your request {number} is settled. Was our answer any help? One click tells us:\n\n{link}"

log = structlog.get_logger(__name__)


class RatingQuestions:
    """Queues the questions in the outbox. `links` gives a ticket's page of the question by its number; `off` gives the
    channels that are off now."""

    def __init__(
        self,
        *,
        pool: Pool,
        channels: Sequence[Channel],
        links: Callable[[str], str],
        off: Callable[[], Awaitable[Mapping[Channel, str]]],
        after_s: float = AFTER_S,
    ) -> None:
        self._pool, self._channels, self._links, self._off, self._after_s = pool, channels, links, off, after_s

    async def run_once(self) -> int:
        """Ask whoever may be asked now; return how many. Raises DatabaseUnavailableError."""
        off = await self._off()
        channels = [channel for channel in self._channels if channel not in off]
        asked = 0
        while channels and asked < AT_ONCE and await self._ask_one(channels):
            asked += 1
        if asked:
            log.info("customers_asked_for_a_mark", tickets=asked)
        return asked

    async def _ask_one(self, channels: Sequence[Channel]) -> bool:
        async with transaction(self._pool) as connection:
            ticket = await rating_questions.due(connection, channels, resolved_s=self._after_s)
            if ticket is None:
                return False
            await rating_questions.ask(connection, ticket, subject=SUBJECT, body=await self._body(connection, ticket))
            return True

    async def _body(self, connection: Connection, ticket: TicketToAsk) -> str:
        if ticket.channel != "email":
            return _WHATSAPP.format(number=ticket.number)
        text = _MAIL.format(number=ticket.number, link=self._links(ticket.number))
        return await in_mail_template(connection, text, number=ticket.number)
