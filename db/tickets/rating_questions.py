"""The one question after a resolution, by WhatsApp and mail, and the WhatsApp message that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id, outbound_ids
from db.pool import Connection
from db.records import Channel
from db.sql import statements
from db.tickets.ratings import rate

_SQL = statements(__file__)


class _TakenError(Exception):
    """Another message has answered the question at this moment: nothing is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketToAsk:
    """A ticket whose customer may be asked, by this channel; `sender_key` is who wrote."""

    ticket_id: UUID
    number: str
    channel: Channel
    customer_id: UUID
    sender_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A WhatsApp message that says good or bad. `payload` is the message as it would stand on the bus."""

    inbox_id: UUID
    provider: str
    provider_message_id: str
    sender_key: str
    content: str
    payload: dict[str, Any]
    good: bool


async def due(connection: Connection, channels: Sequence[Channel], *, resolved_s: float) -> TicketToAsk | None:
    """Lock and return a ticket, resolved for `resolved_s` seconds, whose customer may be asked; None: there is none."""
    row = await connection.fetchrow(_SQL["due"], list(channels), resolved_s)
    return None if row is None else TicketToAsk(**row)


async def ask(connection: Connection, ticket: TicketToAsk, *, subject: str, body: str) -> None:
    """Queue the question; to be called in the transaction of `due`."""
    fields = {
        "asked_of": str(ticket.ticket_id),
        "customer_id": str(ticket.customer_id),
        "channel": ticket.channel,
        "sender_key": ticket.sender_key,
        "subject": subject,
        "body": body,
    }
    await connection.execute(_SQL["add"], outbound_ids() | fields)


async def take_answer(connection: Connection, answer: Answer, *, reopen: bool) -> bool:
    """Store the mark if the message answers a question, as `rate` does with `reopen`; False: it is a message like any
    other, or was taken already, and nothing was done."""
    row = await connection.fetchrow(_SQL["open_question"], answer.sender_key)
    if row is None:
        return False
    fields = {
        "inbox_id": str(answer.inbox_id),
        "message_id": str(new_id()),
        "conversation_id": str(row["conversation_id"]),
        "ticket_id": str(row["notice_ticket_id"]),
        "customer_id": str(row["customer_id"]),
        "asked_of": str(row["ticket_id"]),
        "provider": answer.provider,
        "provider_message_id": answer.provider_message_id,
        "sender_key": answer.sender_key,
        "content": answer.content,
        "payload": answer.payload,
    }
    try:
        async with connection.transaction():
            return await _taken(connection, row["number"], fields, good=answer.good, reopen=reopen)
    except (_TakenError, asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError):
        return False  # it came twice at once, or its customer was merged or erased at this moment


async def _taken(connection: Connection, number: str, fields: dict[str, Any], *, good: bool, reopen: bool) -> bool:
    if await rate(connection, number, good=good, reopen=reopen) is None:
        return False
    if not await connection.fetchval(_SQL["take_answer"], fields):
        raise _TakenError
    return True
