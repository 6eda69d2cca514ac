"""Entries for the knowledge base that were learned from hand-overs: what became of each, and what rests on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import numpy as np

from db.pool import Connection
from db.records import Channel
from db.sql import statements

State = Literal["candidate", "approved", "rejected", "withdrawn"]
Outcome = Literal["entry", "known", "no_answer", "topic", "objection"]
"""Of a look at a hand-over: an entry asked for (again) · in the knowledge base already · nobody's answer to learn ·
about what the agent never answers · the customer objects."""
ORIGIN = "learned:"
"""Before the slug of an entry: where its passage comes from, as `nightdesk kb list` shows it."""
SLUG = "learned--"
"""How the slugs of learned passages begin; the index `messages_on_learned` counts on it."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedHandOver:
    """A hand-over to look at, with all personal data. `text` is what the customer had written before the first answer,
    None where they object; `staff` are those who acted, `replies` what they wrote, the oldest first."""

    hand_over_id: UUID
    ticket_id: UUID
    channel: Channel
    subject: str
    reason: str | None
    text: str | None
    names: Sequence[str]
    staff: Sequence[str]
    replies: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A candidate without personal data; `nearest_*` is the passage that it is most like. `embedding` (d,)."""

    entry_id: UUID
    ticket_id: UUID
    title: str
    answer: str
    source_findings: Sequence[Mapping[str, Any]]
    nearest_title: str | None
    nearest_cosine: float | None
    embedding_model: str
    embedding: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEntry:
    """An entry as a decision finds it, locked."""

    entry_id: UUID
    state: State
    version: int
    title: str
    answer: str
    source_findings: Sequence[Mapping[str, Any]]
    slug: str | None
    decided_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedEntry(HeldEntry):
    """An entry with who asked for it (`numbers` are the newest tickets) and how many answers rest on it, by mark."""

    nearest_title: str | None
    nearest_cosine: float | None
    decided_at: datetime | None
    created_at: datetime
    tickets: int
    customers: int
    numbers: Sequence[str]
    answers: int
    good: int
    bad: int


async def due(connection: Connection, since: datetime, *, limit: int) -> list[ResolvedHandOver]:
    """Return hand-overs that ended since a time (aware) and were not looked at, the oldest first."""
    return [ResolvedHandOver(**row) for row in await connection.fetch(_SQL["due"], since, limit)]


async def mark(connection: Connection, hand_over_id: UUID, outcome: Outcome) -> None:
    """Note what became of a look at a hand-over: it is not looked at again."""
    await connection.execute(_SQL["mark"], hand_over_id, outcome)


async def nearest(connection: Connection, model_id: str, vector: np.ndarray) -> tuple[UUID, float] | None:
    """Return the entry nearest to `vector` (d,) with its cosine; None without any of this model."""
    row = await connection.fetchrow(_SQL["nearest"], model_id, vector)
    return None if row is None else (row["entry_id"], row["cosine"])


async def add(connection: Connection, new: NewEntry) -> None:
    """Keep a candidate, unless its ticket was erased meanwhile."""
    await connection.execute(
        _SQL["add"],
        new.entry_id,
        new.ticket_id,
        new.title,
        new.answer,
        list(new.source_findings),
        new.nearest_title,
        new.nearest_cosine,
        new.embedding_model,
        new.embedding,
    )


async def ask_again(connection: Connection, ticket_id: UUID, entry_id: UUID) -> None:
    """Note that another ticket has asked for an entry."""
    await connection.execute(_SQL["ask_again"], ticket_id, entry_id)


async def count_waiting(connection: Connection) -> int:
    """Return how many candidates wait for a decision."""
    return int(await connection.fetchval(_SQL["count_waiting"]))


async def of_other_models(connection: Connection, model_id: str, *, limit: int) -> list[tuple[UUID, str, str]]:
    """Return (id, title, answer) of entries whose vectors are another model's."""
    rows = await connection.fetch(_SQL["of_other_models"], model_id, limit)
    return [(row["entry_id"], row["title"], row["answer"]) for row in rows]


async def renew(
    connection: Connection, entry_id: UUID, model_id: str, vector: np.ndarray, *, title: str, answer: str
) -> None:
    """Give an entry of these words this model's `vector` (d,)."""
    await connection.execute(_SQL["renew"], entry_id, model_id, vector, title, answer)


async def forget_objected(connection: Connection) -> int:
    """Delete the entries whose words are of customers who object by now, their passages too; return how many."""
    return int(await connection.fetchval(_SQL["forget_objected"]))


async def entries(connection: Connection, state: State, *, limit: int) -> list[LearnedEntry]:
    """Return the entries in a state, those that most customers asked for first."""
    return [LearnedEntry(**row) for row in await connection.fetch(_SQL["list"], state, limit)]


async def lock(connection: Connection, entry_id: UUID) -> HeldEntry | None:
    """Lock an entry until the transaction ends; None: there is none, or its customer objects."""
    row = await connection.fetchrow(_SQL["lock"], entry_id)
    return None if row is None else HeldEntry(**row)


async def approve(
    connection: Connection,
    held: HeldEntry,
    *,
    title: str,
    answer: str,
    slug: str,
    model_id: str,
    vector: np.ndarray,
    by: str,
) -> None:
    """Note that a locked entry was approved with these words by `by`."""
    await connection.execute(_SQL["approve"], held.entry_id, title, answer, slug, model_id, vector, by)


async def decide(connection: Connection, held: HeldEntry, state: Literal["rejected", "withdrawn"], *, by: str) -> None:
    """Note that a locked entry was rejected or withdrawn by `by`."""
    await connection.execute(_SQL["decide"], held.entry_id, state, by)


async def withdraw_slug(connection: Connection, slug: str, *, by: str) -> None:
    """Note that the passage of an approved entry was taken away."""
    await connection.execute(_SQL["withdraw_slug"], slug, by)
