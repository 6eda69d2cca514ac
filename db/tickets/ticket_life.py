"""The life of a ticket: its legal steps, what it went through, and the steps that time makes.

The steps stand in one table, `ticket_steps` (migration 0009); a trigger refuses every other one, whoever asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import asyncpg

from db.pool import Connection
from db.records import Author, TicketStatus
from db.sql import statements

Step: TypeAlias = tuple[TicketStatus, TicketStatus]
_SQL = statements(__file__)


class IllegalStepError(Exception):
    """The ticket can't become that from what it is now: nothing was changed; the message says which step it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStep:
    """A step that a ticket has taken; `from_status` None: it was opened. A resolution by 'system' is a timeout."""

    from_status: TicketStatus | None
    to_status: TicketStatus
    actor: Author
    staff_name: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """How tickets ended. To give up is no solution: a timeout is counted by itself, and so is what was just closed."""

    resolved_by_customer: int
    resolved_by_staff: int
    resolved_by_timeout: int
    closed_unresolved: int
    reopened: int


async def legal_steps(connection: Connection) -> Mapping[Step, Author]:
    """Return the legal steps, each with who usually makes it."""
    rows = await connection.fetch(_SQL["steps"])
    return {(row["from_status"], row["to_status"]): row["usually_by"] for row in rows}


async def history(connection: Connection, number: str) -> list[PastStep]:
    """Return what the ticket of this number went through, oldest first; nothing when there is no such ticket."""
    return [PastStep(**row) for row in await connection.fetch(_SQL["history"], number)]


async def endings(connection: Connection, *, since: datetime) -> Endings:
    """Count how tickets ended since then; each once, by the last that became of it."""
    row = await connection.fetchrow(_SQL["endings"], since)
    assert row is not None
    return Endings(**row)


async def resolve_idle(connection: Connection, *, waiting_since: datetime, limit: int) -> int:
    """Resolve tickets that wait for their customer since then or longer; returns how many."""
    return len(await connection.fetch(_SQL["resolve_idle"], waiting_since, limit))


async def close_resolved(connection: Connection, *, resolved_since: datetime, limit: int) -> int:
    """Close tickets that are resolved since then or longer, with their conversations; returns how many.

    Raises IllegalStepError when a message comes to one of them in this very moment; the next call finds it reopened.
    """
    try:
        return len(await connection.fetch(_SQL["close_resolved"], resolved_since, limit))
    except asyncpg.CheckViolationError as error:
        raise illegal_step(error) from None


def illegal_step(error: asyncpg.CheckViolationError) -> Exception:
    """Return the IllegalStepError that the store's refusal means, or the error itself when it is another check's."""
    return IllegalStepError(str(error)) if error.constraint_name == "ticket_life" else error
