"""Taking in what a web customer wrote: one statement each, so that all of it is stored or nothing."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Connection, DatabaseUnavailableError
from db.records import AcceptedForm, IdentifierType, Priority, TicketStatus
from db.sql import statements

ATTEMPTS = 5
"""Looks at a customer who changes hands at the same time."""
_SQL = statements(__file__)


class KeyReusedError(Exception):
    """The Idempotency-Key came before with another body: nothing was stored, the caller has to choose a new key."""


class CustomerUnsettledError(DatabaseUnavailableError):
    """The customer kept changing hands: nothing was stored or acknowledged, the caller sends the form again."""


class TicketClosedError(Exception):
    """The ticket is closed: nothing was stored, the customer opens a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An identifier that somebody typed; it may file a ticket and shows nothing (tier 0)."""

    id: UUID
    type: IdentifierType
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewForm:
    """A valid form with every key already made. `payload` is the message for the bus as JSON, `body_hash` 32 bytes."""

    key: str
    body_hash: bytes
    sender_key: str
    name: str
    email: str
    phone: str | None
    claims: tuple[Claim, ...]
    subject: str
    category: str
    priority: Priority
    content: str
    topic: str
    payload: str
    inbox_id: UUID
    customer_id: UUID
    conversation_id: UUID
    ticket_id: UUID
    message_id: UUID
    event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAddress:
    """A ticket as seen by somebody who writes into it."""

    ticket_id: UUID
    ticket_number: str
    status: TicketStatus
    subject: str
    conversation_id: UUID
    sender_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReply:
    """A customer's further word in a ticket, with its keys made; `payload` and `body_hash` as in NewForm."""

    key: str
    body_hash: bytes
    sender_key: str
    ticket_id: UUID
    content: str
    topic: str
    payload: str
    inbox_id: UUID
    message_id: UUID
    event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedReply:
    """What accepting a reply made, or what an earlier identical call had made; `status` is the ticket's now."""

    message_id: UUID
    created_at: datetime
    status: TicketStatus


async def accept_form(connection: Connection, form: NewForm) -> AcceptedForm:
    """Store the form and return what was made, now or by an earlier identical call.

    Raises KeyReusedError, CustomerUnsettledError.
    """
    row = await _filed(connection, form)
    if row is None:
        return await _earlier_form(connection, form)
    return AcceptedForm(
        inbox_id=form.inbox_id,
        ticket_id=form.ticket_id,
        ticket_number=row["number"],
        conversation_id=form.conversation_id,
        message_id=form.message_id,
        event_id=form.event_id,
        created_at=row["created_at"],
    )


async def _filed(connection: Connection, form: NewForm) -> asyncpg.Record | None:
    # fmt: off
    arguments = (
        form.inbox_id, form.key, form.sender_key, form.conversation_id, form.ticket_id, form.message_id,
        form.body_hash, form.payload, form.customer_id, form.email, form.phone, form.name,
        [claim.id for claim in form.claims], [claim.type for claim in form.claims],
        [claim.value for claim in form.claims],
        form.subject, form.category, form.priority, form.content, form.event_id, form.topic,
    )
    # fmt: on
    for _ in range(ATTEMPTS):
        # What it refers to is missing when its customer was merged in this very moment: the next look sees into whom.
        with contextlib.suppress(asyncpg.ForeignKeyViolationError):
            return await connection.fetchrow(_SQL["accept_form"], *arguments)
    raise CustomerUnsettledError


async def _earlier_form(connection: Connection, form: NewForm) -> AcceptedForm:
    # A statement of its own: the one before cannot see a row that was committed while it waited for it.
    row = await connection.fetchrow(_SQL["earlier_form"], form.key)
    if row is None or row["body_hash"] != form.body_hash:
        raise KeyReusedError(form.key)
    return AcceptedForm(**{name: value for name, value in row.items() if name != "body_hash"})


async def reply_address(connection: Connection, number: str) -> ReplyAddress | None:
    """Return where a further word in this ticket belongs, or None when there is no such ticket."""
    row = await connection.fetchrow(_SQL["reply_address"], number)
    return None if row is None else ReplyAddress(**row)


async def accept_reply(connection: Connection, reply: NewReply) -> AcceptedReply:
    """Store the reply and reopen the ticket; as `accept_form` for repeats. Raises TicketClosedError, KeyReusedError."""
    # fmt: off
    row = await connection.fetchrow(
        _SQL["accept_reply"],
        reply.inbox_id, reply.key, reply.sender_key, reply.message_id, reply.ticket_id, reply.body_hash,
        reply.payload, reply.content, reply.event_id, reply.topic,
    )
    # fmt: on
    if row is None or row["message_id"] is None:
        return await _earlier_reply(connection, reply, closed=row is None)
    return AcceptedReply(**row)


async def _earlier_reply(connection: Connection, reply: NewReply, *, closed: bool) -> AcceptedReply:
    row = await connection.fetchrow(_SQL["earlier_reply"], reply.key)
    if row is None and closed:
        raise TicketClosedError
    if row is None or row["body_hash"] != reply.body_hash:
        raise KeyReusedError(reply.key)
    return AcceptedReply(message_id=row["message_id"], created_at=row["created_at"], status=row["status"])
