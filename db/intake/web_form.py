"""Accepts web forms and the replies to their tickets, each by one statement and idempotent by its Idempotency-Key."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.intake import form_files
from db.intake.form_files import NewFile
from db.pool import Connection, DatabaseUnavailableError
from db.records import AcceptedForm, IdentifierType, Priority, TicketStatus
from db.sql import statements

MAX_ATTEMPTS = 5
"""Attempts to store a message whose customer is merged at the same time."""
_SQL = statements(__file__)


class KeyReusedError(Exception):
    """The Idempotency-Key came before with another body: nothing was stored, the caller needs a new key."""


class CustomerUnsettledError(DatabaseUnavailableError):
    """The customer was merged during every attempt: nothing was stored, the caller sends the message again."""


class TicketClosedError(Exception):
    """The ticket is closed: nothing was stored, the customer has to open a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An identifier named in a form, unverified (tier 0): tickets are filed under it, nothing is shown for it."""

    id: UUID
    type: IdentifierType
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewForm:
    """A valid form with the ids of its rows. `payload` is the InboundMessage as JSON, `body_hash` a SHA-256 digest."""

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
    files: tuple[NewFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAddress:
    """A ticket that a reply goes to; `sender_key` is the identifier of its conversation."""

    ticket_id: UUID
    ticket_number: str
    status: TicketStatus
    subject: str
    conversation_id: UUID
    sender_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReply:
    """A customer's reply by web form with the ids of its rows; `payload` and `body_hash` as in NewForm."""

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
    files: tuple[NewFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedReply:
    """The message of a reply, or of an earlier call with the same key and body; `status` is the ticket's now."""

    message_id: UUID
    created_at: datetime
    status: TicketStatus


async def accept_form(connection: Connection, form: NewForm, *, in_folder: bool = False) -> AcceptedForm:
    """Store the form and return its rows, or those of an earlier call with the same key and body.

    With `in_folder` its files' bytes are in the folder already, and not stored.

    Raises KeyReusedError, CustomerUnsettledError.
    """
    row = await _store(connection, form, in_folder=in_folder)
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


async def _store(connection: Connection, form: NewForm, *, in_folder: bool) -> asyncpg.Record | None:
    # fmt: off
    arguments = (
        form.inbox_id, form.key, form.sender_key, form.conversation_id, form.ticket_id, form.message_id,
        form.body_hash, form.payload, form.customer_id, form.email, form.phone, form.name,
        [claim.id for claim in form.claims], [claim.type for claim in form.claims],
        [claim.value for claim in form.claims],
        form.subject, form.category, form.priority, form.content, form.event_id, form.topic,
    )
    # fmt: on
    for _ in range(MAX_ATTEMPTS):
        # Violated when the customer was merged at this moment: the next attempt finds the surviving customer.
        with contextlib.suppress(asyncpg.ForeignKeyViolationError):
            return await _with_files(connection, form, in_folder, "accept_form", *arguments)
    raise CustomerUnsettledError


async def _with_files(
    connection: Connection, message: NewForm | NewReply, in_folder: bool, statement: str, *arguments: Any
) -> asyncpg.Record | None:
    """Run the statement that accepts a message and store its files with it, if it is accepted now."""
    if not message.files:  # what most messages are, in one round trip
        return await connection.fetchrow(_SQL[statement], *arguments)
    async with connection.transaction():
        row = await connection.fetchrow(_SQL[statement], *arguments)
        if row is not None and row["created_at"] is not None:
            await form_files.add(connection, message.message_id, message.files, in_folder=in_folder)
        return row


async def _earlier_form(connection: Connection, form: NewForm) -> AcceptedForm:
    # A statement of its own, for its snapshot: the one before waited for this row and still does not see it.
    row = await connection.fetchrow(_SQL["earlier_form"], form.key)
    if row is None or row["body_hash"] != form.body_hash:
        raise KeyReusedError(form.key)
    return AcceptedForm(**{name: value for name, value in row.items() if name != "body_hash"})


async def reply_address(connection: Connection, number: str) -> ReplyAddress | None:
    """Return where a reply to the ticket with this number goes, or None when there is no such ticket."""
    row = await connection.fetchrow(_SQL["reply_address"], number)
    return None if row is None else ReplyAddress(**row)


async def accept_reply(connection: Connection, reply: NewReply, *, in_folder: bool = False) -> AcceptedReply:
    """Store the reply and reopen the ticket; repeats and files as in `accept_form`.

    Raises TicketClosedError, KeyReusedError.
    """
    # fmt: off
    row = await _with_files(
        connection, reply, in_folder, "accept_reply",
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
