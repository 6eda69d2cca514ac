"""The files of customers' messages: by what their provider knows them, and who opened them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.ids import new_id
from db.pool import Connection
from db.records import Channel
from db.sql import statements

MAX_OPENINGS = 500
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFileKey:
    """The n-th file of a message, counted from 0."""

    conversation_id: UUID
    message_id: UUID
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """What is stored of a file. `media_id` is Twilio's id, None for a mail's file and where it was not kept."""

    channel: Channel
    provider_message_id: str
    filename: str
    content_type: str
    media_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOpening:
    """That a person opened a file; `n` counts the message's files from 0."""

    message_id: UUID
    n: int
    staff: str
    opened_at: datetime


async def find(connection: Connection, key: MessageFileKey) -> FileRecord | None:
    """Return what is stored of a file; None where the conversation has none such."""
    row = await connection.fetchrow(_SQL["find"], key.conversation_id, key.message_id, key.n)
    return None if row is None else FileRecord(**row)


async def record_opening(connection: Connection, key: MessageFileKey, by: str) -> None:
    """Record that a person opens a file."""
    await connection.execute(_SQL["record_opening"], new_id(), key.conversation_id, key.message_id, key.n, by)


async def openings(connection: Connection, conversation_id: UUID) -> list[FileOpening]:
    """Return who opened files of a conversation, oldest first, at most the first 500."""
    rows = await connection.fetch(_SQL["openings"], conversation_id, MAX_OPENINGS)
    return [FileOpening(**row) for row in rows]
