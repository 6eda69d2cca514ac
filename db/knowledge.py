"""The knowledge base: passages and their embeddings, one row per passage and embedding model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from db.ids import new_id
from db.pool import Connection
from db.records import Passage
from db.sql import statements

DOCUMENTS = "documents"
"""The origin of the company's own documents, which every start brings up to date; others name a file or folder."""
_SQL = statements(__file__)
_search_texts: dict[tuple[str, int, int, str | None], str] = {}
"""Statements by model, size of its vectors, limit and category."""
MOST_TEXTS = 500
"""Of those kept: a category is what a language model asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageText:
    """A passage without its vector. `content_hash` tells whether it changed."""

    slug: str
    title: str
    category: str
    content: str
    source: str
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRow(PassageText):
    """A passage to store; `vector` (d,) is L2-normalised."""

    vector: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPassage(PassageText):
    """A stored passage that was added from an `origin` other than the company's documents."""

    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSection:
    """A stored passage with its origin and its `embedding` (d,)."""

    slug: str
    title: str
    category: str
    content: str
    source: str
    origin: str
    updated_at: datetime
    embedding: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question that no passage had an answer to."""

    inbox_id: UUID
    customer_id: UUID
    ticket: str
    created_at: datetime
    question: str


async def upsert_passages(
    connection: Connection, model_id: str, rows: Iterable[PassageRow], *, origin: str = DOCUMENTS
) -> None:
    """Write passages with the vectors of `model_id`, replacing those of the same slug."""
    await connection.executemany(
        _SQL["upsert"],
        [
            (new_id(), r.slug, r.title, r.category, r.content, r.source, r.content_hash, model_id, r.vector, origin)
            for r in rows
        ],
    )


async def list_hashes(connection: Connection, model_id: str, *, origin: str = DOCUMENTS) -> dict[str, str]:
    """Return the content hash of each passage of a model and an origin, by slug."""
    rows = await connection.fetch(_SQL["list_hashes"], model_id, origin)
    return {row["slug"]: row["content_hash"] for row in rows}


async def taken(connection: Connection, model_id: str, slugs: Sequence[str], *, origin: str) -> dict[str, str]:
    """Return the origin of each of these slugs that stands in the store under another one than `origin`."""
    rows = await connection.fetch(_SQL["taken"], model_id, list(slugs), origin)
    return {row["slug"]: row["origin"] for row in rows}


async def of_other_models(connection: Connection, model_id: str) -> list[AddedPassage]:
    """Return what was added to the documents of which this model has no vectors yet, and another model has."""
    return [AddedPassage(**row) for row in await connection.fetch(_SQL["of_other_models"], model_id, DOCUMENTS)]


async def delete(connection: Connection, model_id: str, slugs: Sequence[str], *, origin: str = DOCUMENTS) -> None:
    """Remove passages of a model and an origin by slug."""
    await connection.execute(_SQL["delete"], model_id, origin, list(slugs))


async def delete_origin(connection: Connection, origin: str) -> dict[str, int]:
    """Remove all passages of an origin, within a transaction; return how many of each model."""
    await connection.execute(_SQL["lock_origin"], origin)
    rows = await connection.fetch(_SQL["delete_origin"], origin)
    for row in rows:
        await bump_version(connection, row["embedding_model"])
    return {row["embedding_model"]: row["passages"] for row in rows}


async def bump_version(connection: Connection, model_id: str) -> None:
    """Note that a model's passages have changed: who has read them reads them again."""
    await connection.execute(_SQL["bump_version"], model_id)


async def version(connection: Connection, model_id: str) -> int:
    """Return how often a model's passages have changed."""
    return await connection.fetchval(_SQL["version"], model_id) or 0


async def search(
    connection: Connection, model_id: str, vector: np.ndarray, *, limit: int = 5, category: str | None = None
) -> list[Passage]:
    """Return the `limit` passages nearest to `vector` (d,), best first, with their cosine similarity."""
    rows = await connection.fetch(await search_text(connection, model_id, len(vector), limit, category), vector)
    # A scan that goes on, because a category left too few, may give its last ones out of order (relaxed_order).
    return sorted((Passage(**row) for row in rows), key=lambda passage: -passage.score)


async def search_text(
    connection: Connection, model_id: str, dimensions: int, limit: int, category: str | None = None
) -> str:
    """Return the statement of a search, whose one parameter is the vector: it is prepared once a connection."""
    key = (model_id, dimensions, limit, category)
    found = _search_texts.get(key)
    if found is None:
        found = await connection.fetchval(_SQL["search"], *key)
        if len(_search_texts) >= MOST_TEXTS:
            _search_texts.clear()
        _search_texts[key] = found
    return found


async def list_sections(connection: Connection, model_id: str) -> list[StoredSection]:
    """Return every passage of a model, by origin, category and slug."""
    rows = await connection.fetch(_SQL["list_sections"], model_id)
    return [StoredSection(**{**row, "embedding": row["embedding"].to_numpy()}) for row in rows]


async def texts(connection: Connection, model_id: str) -> list[str]:
    """Return title and content of every passage of a model, as one text each."""
    return [f"{row['title']}. {row['content']}" for row in await connection.fetch(_SQL["texts"], model_id)]


async def texts_except(connection: Connection, source: str) -> list[str]:
    """Return title and content of every passage, each once, whose source does not begin with `source`."""
    return [f"{row['title']}. {row['content']}" for row in await connection.fetch(_SQL["texts_except"], source)]


async def slugs_found(connection: Connection, since: datetime) -> frozenset[str]:
    """Return the slugs of the passages that any search has returned since a time."""
    return frozenset(row["slug"] for row in await connection.fetch(_SQL["slugs_found"], since))


async def unanswered(connection: Connection, since: datetime, *, limit: int) -> list[Unanswered]:
    """Return the questions since a time to which no passage had an answer, the newest first."""
    return [Unanswered(**row) for row in await connection.fetch(_SQL["unanswered"], since, limit)]
