"""Accepts messages of WhatsApp and mail, each by one statement and idempotent by its provider's message id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.intake.web_form import MAX_ATTEMPTS, CustomerUnsettledError
from db.pool import Connection
from db.records import Channel, IdentifierType
from db.sql import statements

MAX_QUIET_S = 15.0
"""The first message of a burst waits at most this long for its turn."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment; its content stays with the provider. `size` in bytes, 0 when unknown."""

    filename: str
    content_type: str
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMessage:
    """A parsed message of a channel; its texts are clean (no NUL, no lone surrogate).

    provider, provider_message_id  idempotency key: a message with the same one is a repeat
    identifier_type, identifier    the normalised sender, to whom the reply goes
    verified     the channel vouches for the sender (signed number, aligned DMARC): tier 1, else a claim (tier 0)
    display_name the name that the sender gives, '' without one
    join_key     messages with the same key share a conversation (a number; a thread and its verified sender); None
                 opens a new one. `join_within_s` is how long it may have been silent; None: as long as it is not closed
    full_text    all of the message where `content` is a part of it: a mail with what it quotes; '' otherwise
    alias        another identifier of the same sender, verified like the first (WhatsApp's user id); '' without one
    quiet_s      debounce: the turn begins after so long a silence; 0 begins at once
    answerable   False for what is stored without a reply: a reaction, an automatic mail
    """

    channel: Channel
    provider: str
    provider_message_id: str
    identifier_type: IdentifierType
    identifier: str
    verified: bool
    content: str
    received_at: datetime
    topic: str
    display_name: str = ""
    subject: str = ""
    attachments: tuple[File, ...] = ()
    thread_key: str | None = None
    join_key: str | None = None
    join_within_s: float | None = None
    quiet_s: float = 0.0
    answerable: bool = True
    full_text: str = ""
    alias: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sender_key(self) -> str:
        """The key of the customer's record, and of the bus: one sender's messages stay in order."""
        return f"{self.identifier_type}:{self.identifier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMessage:
    """The rows of a message. `joined` is False when it opened a conversation; its turn is due in `wake_in_s`."""

    inbox_id: UUID
    conversation_id: UUID
    ticket_id: UUID
    message_id: UUID
    joined: bool
    wake_in_s: float


async def accept_message(connection: Connection, message: ChannelMessage) -> AcceptedMessage | None:
    """Store the message and return its rows, or None for a repeat. Raises CustomerUnsettledError.

    Must run outside a transaction: a violated constraint is retried.
    """
    fields = _fields(message)
    for _ in range(MAX_ATTEMPTS):
        try:
            row = await connection.fetchrow(_SQL["accept_message"], fields)
        except asyncpg.UniqueViolationError:
            # The sender was verified, merged or linked at this moment: the next attempt finds the present owner.
            continue
        if row is not None:
            return AcceptedMessage(**row)
        if await connection.fetchval(_SQL["is_stored"], message.provider, message.provider_message_id):
            return None
        await connection.execute(_SQL["retire_lapsed"], message.identifier_type, message.identifier)
    raise CustomerUnsettledError


def _fields(message: ChannelMessage) -> dict[str, Any]:
    ids = (
        "inbox_id",
        "customer_id",
        "identifier_id",
        "conversation_id",
        "ticket_id",
        "message_id",
        "event_id",
        "alias_id",
    )
    keys = {name: str(new_id()) for name in ids}
    files = [{"filename": f.filename, "content_type": f.content_type, "size": f.size} for f in message.attachments]
    number = message.identifier if message.identifier.startswith("+") else None
    return keys | {
        "provider": message.provider,
        "provider_message_id": message.provider_message_id,
        "channel": message.channel,
        "type": message.identifier_type,
        "value": message.identifier,
        "sender_key": message.sender_key,
        "verified": message.verified,
        "name": message.display_name or None,
        "email": message.identifier if message.identifier_type == "email" else None,
        "phone": number,
        "subject": message.subject,
        "content": message.content,
        "attachments": files,
        "thread_key": message.thread_key,
        "join_key": message.join_key,
        "join_within_s": message.join_within_s,
        "quiet_s": message.quiet_s,
        "quiet_at_most_s": MAX_QUIET_S,
        "answerable": message.answerable,
        "full_text": message.full_text if message.full_text not in ("", message.content) else None,
        "alias": message.alias or None,
        "payload": payload_of(message, keys["inbox_id"], files),
        "topic": message.topic,
    }


def payload_of(message: ChannelMessage, inbox_id: str, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the message for the bus (ingest.events.InboundMessage); the statement adds its conversation."""
    return {
        "v": 1,
        "inbox_id": inbox_id,
        "message_id": message.provider_message_id,
        "channel": message.channel,
        "customer_identifier": message.identifier,
        "identifier_type": message.identifier_type,
        "content": message.content,
        "subject": message.subject,
        "metadata": {"name": message.display_name, **message.metadata},
        "attachments": files,
        "timestamp": message.received_at.isoformat(),
    }
