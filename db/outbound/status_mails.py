"""Mails that say where a ticket can be read: there is an answer, or the link again. An address gets one an hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from db.ids import outbound_ids
from db.pool import Connection
from db.sql import statements

Told = Literal["answer", "link"]
"""What a mail says of a ticket: that there is an answer, or only where to read it."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketToTell:
    """A ticket, the address that it was opened from, and whether a person has answered in it."""

    number: str
    customer_id: UUID
    address: str
    by_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMail:
    """The last status mail to an address, with what it says by ticket number.

    `waits`: it has not begun to leave, so it can say more. `is_recent`: it left, or was due, within the last hour.
    """

    id: UUID
    tickets: Mapping[str, Told]
    waits: bool
    is_recent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A status mail as it is sent."""

    subject: str
    body: str
    tickets: Mapping[str, Told]


async def claim_answer(connection: Connection, outbox_id: UUID) -> TicketToTell | None:
    """Return the ticket of a web reply that is an answer; None for other replies, and for one claimed before."""
    row = await connection.fetchrow(_SQL["claim_answer"], outbox_id)
    return None if row is None else TicketToTell(**row)


async def ticket_of_address(connection: Connection, number: str, address: str) -> TicketToTell | None:
    """Return the ticket of this number if it was opened from this address, else None."""
    row = await connection.fetchrow(_SQL["ticket_of_address"], number, address)
    return None if row is None else TicketToTell(**row)


async def last_mail(connection: Connection, address: str) -> StatusMail | None:
    """Return the last status mail to an address of the last day. Others wait until the transaction has ended."""
    await connection.execute(_SQL["lock"], address)
    row = await connection.fetchrow(_SQL["last_mail"], address)
    return None if row is None else StatusMail(**row)


async def extend(connection: Connection, mail_id: UUID, wording: Wording, *, now: bool) -> bool:
    """Change a waiting mail's text, and with `now` let it leave; False when it is on its way."""
    arguments = (mail_id, wording.subject, wording.body, dict(wording.tickets), now)
    return await connection.fetchval(_SQL["extend"], *arguments) is not None


async def add(connection: Connection, ticket: TicketToTell, wording: Wording, *, after: UUID | None) -> None:
    """Queue a mail to the ticket's address, an hour after the mail `after`; None: at once."""
    ids = outbound_ids()
    fields = {
        "customer_id": str(ticket.customer_id),
        "address": ticket.address,
        "subject": wording.subject,
        "body": wording.body,
        "tickets": dict(wording.tickets),
        "after": str(after) if after else None,
    }
    await connection.execute(_SQL["add"], ids | fields)
