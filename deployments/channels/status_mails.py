"""Tells customers of the web form by mail that an answer is there, and sends a lost link again.

An address gets one such mail an hour, whatever forms are sent in its name: what happens meanwhile is told together by
the next one. A person's answer is told at once. The mails hold nothing that the form's sender typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from db.outbound import status_mails
from db.outbound.status_mails import StatusMail, TicketToTell, Told, Wording
from db.pool import Connection, Pool, transaction
from deployments.channels.mail_template import in_mail_template

ANSWERED = "There is an answer to your request"
LINK = "The link to your request"
_FIRST_LINES: Mapping[Told, str] = {
    "answer": "We have answered. You can read it, and write back, here:",
    "link": "You asked for the link to your request. You can read it, and write back, here:",
}
_LAST_LINE = "This address was given in our form. If that was not you, you need not do anything."
_MORE = "… and {} more."
_LISTED = 20


class StatusMails:
    """Queues the mails in the outbox. `links` gives a ticket's status link by its number."""

    def __init__(self, *, pool: Pool, links: Callable[[str], str]) -> None:
        self._pool, self._links = pool, links

    async def tell_of_answer(self, outbox_id: UUID) -> None:
        """Tell once that this web reply is there, if it is an answer. Raises DatabaseUnavailableError."""
        async with transaction(self._pool) as connection:
            if ticket := await status_mails.claim_answer(connection, outbox_id):
                last = await status_mails.last_mail(connection, ticket.address)
                await self._queue(connection, ticket, last, "answer")

    async def send_link(self, number: str, address: str) -> None:
        """Send the link of a ticket to the address that it was opened from, and to no other.

        Nothing is sent where another address is asked for, or a mail with the link has left within the hour, or is
        about to. Raises DatabaseUnavailableError.
        """
        async with transaction(self._pool) as connection:
            last = await status_mails.last_mail(connection, address)
            ticket = await status_mails.ticket_of_address(connection, number, address)
            known = last is not None and (last.waits or last.is_recent) and number in last.tickets
            if ticket and not known:
                await self._queue(connection, ticket, last, "link")

    async def _queue(self, connection: Connection, ticket: TicketToTell, last: StatusMail | None, told: Told) -> None:
        if last is not None and last.waits:
            # A link in a mail that tells of an answer in the same ticket is told of already.
            tickets = {ticket.number: told, **last.tickets} | ({ticket.number: told} if told == "answer" else {})
            wording = await self._wording(connection, tickets, ticket.number)
            if await status_mails.extend(connection, last.id, wording, now=ticket.by_person):
                return
        after = last.id if last is not None and not ticket.by_person and last.is_recent else None
        wording = await self._wording(connection, {ticket.number: told}, ticket.number)
        await status_mails.add(connection, ticket, wording, after=after)

    async def _wording(self, connection: Connection, tickets: Mapping[str, Told], newest: str) -> Wording:
        listed = sorted(tickets, key=lambda number: (len(number), number))[-_LISTED:]
        answered = "answer" in tickets.values()
        lines = [f"{number}: {self._links(number)}" for number in listed]
        if len(tickets) > _LISTED:
            lines.append(_MORE.format(len(tickets) - _LISTED))
        said = (_FIRST_LINES["answer" if answered else "link"], "\n".join(lines), _LAST_LINE)
        body = await in_mail_template(connection, "\n\n".join(said), number=newest)
        return Wording(subject=ANSWERED if answered else LINK, body=body, tickets=tickets)
