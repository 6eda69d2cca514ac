"""Who of the staff has which conversation open, and what every open page of the desk has to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """A member of the staff who has a conversation open; `writing`: a reply that is not sent yet."""

    conversation_id: UUID
    name: str
    writing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskState:
    """The lists' sizes, what has changed within the last half minute, and who is looking at what.

    `overdue` hand-overs are past their time and untaken. `assigned` counts the hand-overs of each of the staff,
    `changed` says when a conversation was last updated.
    """

    at: datetime
    handed_over: int
    unassigned: int
    overdue: int
    drafts: int
    assigned: Mapping[str, int]
    changed: Mapping[str, str]
    looking: tuple[Looking, ...]


async def look(connection: Connection, conversation_id: UUID, by: str, *, writing: bool) -> bool:
    """Note that `by` has this conversation open, instead of another one; False when there is no such conversation."""
    return await connection.fetchval(_SQL["look"], by, conversation_id, writing) is not None


async def leave(connection: Connection, by: str) -> None:
    """Note that `by` has no conversation open any more."""
    await connection.execute(_SQL["leave"], by)


async def desk_state(connection: Connection) -> DeskState:
    """Return what the pages have to know; one statement, whatever their number."""
    row = await connection.fetchrow(_SQL["desk_state"])
    assert row is not None
    looking = tuple(Looking(**{**each, "conversation_id": UUID(each["conversation_id"])}) for each in row["looking"])
    return DeskState(**{**row, "looking": looking})
