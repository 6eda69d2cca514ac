"""The life cycle of a ticket: its legal status transitions, its history, and the transitions that are timeouts.

The table `ticket_steps` (migration 0009) lists the transitions; a trigger refuses every other one.
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

Transition: TypeAlias = tuple[TicketStatus, TicketStatus]
_SQL = statements(__file__)


class IllegalTransitionError(Exception):
    """The ticket's status does not allow that transition: nothing was changed; the message names both statuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A status change of a ticket; `from_status` None: it was opened. A resolution by 'system' is a timeout."""

    from_status: TicketStatus | None
    to_status: TicketStatus
    actor: Author
    staff_name: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionCounts:
    """How many tickets were resolved, by whom. A timeout is no solution, nor is a ticket closed without resolution."""

    resolved_by_customer: int
    resolved_by_staff: int
    resolved_by_timeout: int
    closed_unresolved: int
    reopened: int


async def legal_transitions(connection: Connection) -> Mapping[Transition, Author]:
    """Return the legal transitions, each with who usually makes it."""
    rows = await connection.fetch(_SQL["transitions"])
    return {(row["from_status"], row["to_status"]): row["usually_by"] for row in rows}


async def history(connection: Connection, number: str) -> list[StatusChange]:
    """Return the status changes of the ticket with this number, oldest first; [] when there is none."""
    return [StatusChange(**row) for row in await connection.fetch(_SQL["history"], number)]


async def resolution_counts(connection: Connection, *, since: datetime) -> ResolutionCounts:
    """Count the resolved, closed and reopened tickets since a time, each once, by its last change."""
    row = await connection.fetchrow(_SQL["resolution_counts"], since)
    assert row is not None
    return ResolutionCounts(**row)


async def resolve_idle(connection: Connection, *, waiting_since: datetime, limit: int) -> int:
    """Resolve up to `limit` tickets that have waited for their customer since then or longer; returns how many."""
    return len(await connection.fetch(_SQL["resolve_idle"], waiting_since, limit))


async def close_resolved(connection: Connection, *, resolved_since: datetime, limit: int) -> int:
    """Close up to `limit` tickets resolved at that time or before, with their conversations; returns how many.

    Raises IllegalTransitionError when one of them gets a message at the same moment; the next call finds it reopened.
    """
    try:
        return len(await connection.fetch(_SQL["close_resolved"], resolved_since, limit))
    except asyncpg.CheckViolationError as error:
        raise transition_error(error) from None


def transition_error(error: asyncpg.CheckViolationError) -> Exception:
    """Return an IllegalTransitionError for an error of the ticket trigger, or the error itself for another check."""
    return IllegalTransitionError(str(error)) if error.constraint_name == "ticket_life" else error
