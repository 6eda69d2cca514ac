"""A model that searches beside the one in service for a share of the turns, and what both found for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.pool import Connection
from db.records import ToolCall
from db.sql import statements

Outcome = Literal["answer", "ask", "hand_over"]
EndedWhy = Literal["over", "stopped", "another model in service"]
_SQL = statements(__file__)


class ShadowRunsError(Exception):
    """A run is on already. Nothing was begun; end that one first."""


class RunOverError(Exception):
    """The run was ended meanwhile. Nothing was written; there is no more to do for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of a model beside `base`, the one in service; `folder` and `base_folder` are what the store has of where
    they lie, None for a base that was removed since. `dropped`, `failed`: turns of the share that were not compared;
    `problem`: what went wrong last."""

    id: UUID
    model_id: str
    folder: str
    base: str
    base_folder: str | None
    share: float
    started_at: datetime
    until: datetime
    ended_at: datetime | None
    ended_why: EndedWhy | None
    dropped: int
    failed: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTurn:
    """A turn that searched, was decided, and has not been looked at."""

    inbox_id: UUID
    created_at: datetime
    tool_calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The likeliest passage that a model found for a turn (None: none), its share in [0, 1], and what follows."""

    slug: str | None
    share: float
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What both models found for a turn of a ticket. A title is None where the passage is gone by now."""

    ticket: str
    created_at: datetime
    base_slug: str | None
    base_title: str | None
    base_share: float
    base_outcome: Outcome
    shadow_slug: str | None
    shadow_title: str | None
    shadow_share: float
    shadow_outcome: Outcome
    shadow_ms: float


async def start(connection: Connection, model_id: str, base: str, *, share: float, until: datetime) -> None:
    """Begin a run. Raises ShadowRunsError."""
    try:
        await connection.execute(_SQL["start"], new_id(), model_id, base, share, until)
    except asyncpg.UniqueViolationError:
        raise ShadowRunsError("a model is in the shadow already; `nightdesk embeddings shadow stop` ends it") from None


async def running(connection: Connection) -> Run | None:
    """Return the run that is on."""
    return _run(await connection.fetchrow(_SQL["running"]))


async def last(connection: Connection) -> Run | None:
    """Return the run that began last, whether it is on or over."""
    return _run(await connection.fetchrow(_SQL["last"]))


async def end(connection: Connection, why: EndedWhy, run_id: UUID | None = None) -> str | None:
    """End the run that is on, if it is this one (None: whichever it is); return its model, None when none is."""
    found: str | None = await connection.fetchval(_SQL["end"], why, run_id)
    return found


async def hold(connection: Connection, run_id: UUID) -> None:
    """Keep a run on until the transaction ends. Raises RunOverError."""
    if await connection.fetchval(_SQL["hold"], run_id) is None:
        raise RunOverError("the run is over")


async def drop_late(connection: Connection, run_id: UUID, *, late_s: float) -> None:
    """Pass over the turns of a run's share that were decided more than `late_s` ago, and count them as dropped."""
    await connection.execute(_SQL["drop_late"], run_id, late_s)


async def due(connection: Connection, run_id: UUID, *, limit: int, late_s: float, settle_s: float) -> Sequence[DueTurn]:
    """Return the next turns of a run's share, the oldest first. Those decided more than `late_s` ago are counted as
    dropped; those decided less than `settle_s` ago come later."""
    await drop_late(connection, run_id, late_s=late_s)
    rows = await connection.fetch(_SQL["due"], run_id, limit, settle_s)
    return [DueTurn(**{**row, "tool_calls": tuple(ToolCall(**call) for call in row["tool_calls"])}) for row in rows]


async def looked(connection: Connection, run_id: UUID, turn: DueTurn) -> None:
    """Say that a turn was looked at: it does not come again."""
    await connection.execute(_SQL["looked"], run_id, turn.inbox_id, turn.created_at)


async def count_failed(connection: Connection, run_id: UUID, problem: str) -> None:
    """Count a turn that could not be compared."""
    await connection.execute(_SQL["failed"], run_id, problem)


async def set_problem(connection: Connection, run_id: UUID, problem: str) -> None:
    """Say what keeps a run from comparing; '': nothing."""
    await connection.execute(_SQL["problem"], run_id, problem)


async def note(
    connection: Connection, run_id: UUID, inbox_id: UUID, base: Found, shadow: Found, *, shadow_ms: float
) -> None:
    """Keep what both found for a turn; nothing where it was erased meanwhile."""
    sides = base.slug, base.share, base.outcome, shadow.slug, shadow.share, shadow.outcome
    await connection.execute(_SQL["note"], inbox_id, run_id, *sides, shadow_ms)


async def comparisons(connection: Connection, run_id: UUID) -> list[Compared]:
    """Return what a run has compared and is still kept, the newest first."""
    return [Compared(**row) for row in await connection.fetch(_SQL["comparisons"], run_id)]


async def delete_old(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` comparisons made before `before`; return how many."""
    done: int = await connection.fetchval(_SQL["delete_old"], before, limit)
    return done


def _run(row: asyncpg.Record | None) -> Run | None:
    return None if row is None else Run(**row)
