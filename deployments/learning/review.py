"""What people decide on learned entries: approved ones are in the knowledge base at once, until they are withdrawn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from db import embedding_models, knowledge
from db.pool import Connection, Pool, acquire, transaction
from db.records import QueryVector
from db.staff import learned
from db.staff.learned import ORIGIN, SLUG, HeldEntry, LearnedEntry, State
from deployments.agent.checks.guardrails import LEARNED
from deployments.learning.finder import Embedder
from deployments.learning.findings import Checks, Finding
from deployments.rules.company import Company
from embeddings.chunker import Section
from embeddings.indexer import embedded_text, passage_rows

CATEGORY = "learned"


class UnknownEntryError(Exception):
    """There is no such entry, or its customer objects by now; nothing was done."""


class EntryChangedError(Exception):
    """Somebody has decided on the entry meanwhile, or it is not in a state for this; nothing was done. The message says
    who did what."""


class FindingsError(Exception):
    """Something speaks against the entry; nothing was done. What blocks has to be edited away, the rest confirmed."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(one.detail for one in findings))
        self.findings = tuple(findings)

    @property
    def blocks(self) -> bool:
        """True while the words have to be changed."""
        return any(one.blocks for one in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedEntry:
    """An entry with what speaks against it as it stands."""

    entry: LearnedEntry
    findings: tuple[Finding, ...]


class LearnedEntries:
    """The entries of one company, read and decided on. `by` is the name of the person, `seen` the version of the entry
    that they have looked at; None asks for no check.

    All raise UnknownEntryError, EntryChangedError and DatabaseUnavailableError.
    """

    def __init__(self, *, pool: Pool, company: Company) -> None:
        self._pool, self._company = pool, company

    async def list(self, state: State, *, limit: int) -> Sequence[ReviewedEntry]:
        """Return the entries in a state, those that most customers asked for first."""
        async with acquire(self._pool) as connection:
            found = await learned.entries(connection, state, limit=limit)
            stored = await self._documents(connection) if state == "candidate" and found else None
        if stored is None:
            return [ReviewedEntry(entry=one, findings=()) for one in found]
        return await asyncio.to_thread(self._reviewed, found, stored)

    async def approve(
        self,
        entry_id: UUID,
        *,
        analysis: Embedder,
        by: str,
        title: str | None = None,
        answer: str | None = None,
        confirmed: Collection[str] = (),
        seen: int | None = None,
    ) -> HeldEntry:
        """Put an entry into the knowledge base, by default in its own words.

        Raises FindingsError unless nothing blocks and every other finding's code is `confirmed`; NodeUnavailableError;
        and ModelChangedError when another encoder was put in force meanwhile.
        """
        async with self._locked(entry_id, by, seen, "candidate", "withdrawn") as (connection, held):
            title, answer = title or held.title, answer or held.answer
            stored = await self._documents(connection)
            found = await asyncio.to_thread(self._findings, stored, held, title, answer)
            if left := [one for one in found if one.blocks or one.code not in confirmed]:
                raise FindingsError(left)
        section = _section(held, title, answer)
        vector = await analysis.embed_query(embedded_text(section, self._company.own_names))
        async with self._locked(entry_id, by, held.version, held.state) as (connection, held):
            await self._index(connection, section, vector)
            await learned.approve(
                connection,
                held,
                title=title,
                answer=answer,
                slug=section.slug,
                model_id=vector.model_id,
                vector=_row(vector),
                by=by,
            )
            return await _read(connection, entry_id)

    async def reject(self, entry_id: UUID, *, by: str, seen: int | None = None) -> HeldEntry:
        """Keep an entry out: the same is not proposed again."""
        async with self._locked(entry_id, by, seen, "candidate") as (connection, held):
            await learned.decide(connection, held, "rejected", by=by)
            return await _read(connection, entry_id)

    async def withdraw(self, entry_id: UUID, *, by: str, seen: int | None = None) -> HeldEntry:
        """Take an approved entry out of the knowledge base."""
        async with self._locked(entry_id, by, seen, "approved") as (connection, held):
            await knowledge.delete_origin(connection, f"{ORIGIN}{held.slug}")
            await learned.decide(connection, held, "withdrawn", by=by)
            return await _read(connection, entry_id)

    @asynccontextmanager
    async def _locked(
        self, entry_id: UUID, by: str, seen: int | None, *states: State
    ) -> AsyncIterator[tuple[Connection, HeldEntry]]:
        async with transaction(self._pool) as connection:
            held = await learned.lock(connection, entry_id)
            if held is None:
                raise UnknownEntryError(str(entry_id))
            if held.state not in states or seen not in (None, held.version):
                raise EntryChangedError(_changed(held, by))
            yield connection, held

    async def _documents(self, connection: Connection) -> Sequence[str]:
        """Return what the documents say by now; what was learned vouches for nothing."""
        return await knowledge.texts_except(connection, LEARNED)

    def _findings(self, documents: Sequence[str], held: HeldEntry, title: str, answer: str) -> tuple[Finding, ...]:
        return _against(Checks(self._company, documents), held, title, answer)

    def _reviewed(self, found: Sequence[LearnedEntry], documents: Sequence[str]) -> Sequence[ReviewedEntry]:
        """Check entries, in a thread: all words of a knowledge base are gone through."""
        checks = Checks(self._company, documents)
        return [ReviewedEntry(entry=one, findings=_against(checks, one, one.title, one.answer)) for one in found]

    async def _index(self, connection: Connection, section: Section, vector: QueryVector) -> None:
        await embedding_models.hold(connection, vector.model_id)
        rows = passage_rows([section], np.stack([_row(vector)]), self._company.own_names)
        await knowledge.upsert_passages(connection, vector.model_id, rows, origin=f"{ORIGIN}{section.slug}")
        await knowledge.bump_version(connection, vector.model_id)


def _against(checks: Checks, entry: HeldEntry, title: str, answer: str) -> tuple[Finding, ...]:
    return (*(Finding(**one) for one in entry.source_findings), *checks.of(title, answer))


def _section(held: HeldEntry, title: str, answer: str) -> Section:
    """Return the entry as a section. Its slug stays in other customers' records, so it has no word of one."""
    slug = f"{SLUG}{held.entry_id.hex}"
    return Section(title=title, category=CATEGORY, content=answer, source=LEARNED, slug=slug)


def _row(vector: QueryVector) -> np.ndarray:
    return np.asarray(vector.vector, dtype=np.float32)


def _changed(held: HeldEntry, by: str) -> str:
    if held.decided_by is None:
        return "This entry has changed since you looked: read it, then decide again"
    who = "You have" if held.decided_by == by else f"{held.decided_by} has"
    return f"{who} {held.state} this entry: look at the list again"


async def _read(connection: Connection, entry_id: UUID) -> HeldEntry:
    held = await learned.lock(connection, entry_id)
    assert held is not None
    return held
