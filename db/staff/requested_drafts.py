"""Drafts that people have asked the agent for, with what each rests on and took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Connection
from db.records import Decision
from db.sql import statements
from db.staff.actions import ConversationState

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedDraftFile:
    """A draft that somebody asked for. `text` '': there was none, for that `reason`. `message_id`: the reply that it
    became, or None."""

    draft_id: UUID
    staff: str
    text: str
    reason: str | None
    model: str
    usage: dict[str, int]
    message_id: UUID | None
    created_at: datetime


class ConversationGoneError(Exception):
    """The conversation was erased while the agent drafted: nothing is kept."""


async def add(
    connection: Connection, draft_id: UUID, conversation_id: UUID, decided: Decision, *, by: str, latency_ms: float
) -> None:
    """Keep what the agent has decided for a person; `decided.reply` is the draft, '' where a reason says why not.

    Raises ConversationGoneError.
    """
    passages = [{"slug": p.slug, "title": p.title, "score": round(p.score, 4)} for p in decided.passages]
    fields = (
        draft_id,
        conversation_id,
        by,
        decided.reply,
        decided.reason,
        decided.rule,
        decided.scores,
        passages,
        list(decided.sources),
        decided.model,
        decided.prompt_version,
        decided.usage,
        decided.model_ms,
        latency_ms,
    )
    try:
        await connection.execute(_SQL["add"], *fields)
    except asyncpg.ForeignKeyViolationError:
        raise ConversationGoneError(str(conversation_id)) from None


async def use(connection: Connection, draft_id: UUID, at: ConversationState, message_id: UUID, text: str) -> bool:
    """Say that a draft became this reply with this `text`; False when the conversation has no such draft."""
    return await connection.fetchval(_SQL["use"], draft_id, at.conversation_id, message_id, text) is not None


async def of_conversation(connection: Connection, conversation_id: UUID) -> list[RequestedDraftFile]:
    """Return the drafts that people have asked for in a conversation, oldest first."""
    return [RequestedDraftFile(**row) for row in await connection.fetch(_SQL["of_conversation"], conversation_id)]
