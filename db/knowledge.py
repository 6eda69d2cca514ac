"""The knowledge base: passages and their embeddings, one row per passage and embedding model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from db.ids import new_id
from db.pool import Connection
from db.records import Passage
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRow:
    """A passage to store. `content_hash` tells whether it changed; `vector` (384,) is L2-normalised."""

    slug: str
    title: str
    category: str
    content: str
    source: str
    content_hash: str
    vector: np.ndarray


async def upsert_passages(connection: Connection, model_id: str, rows: Iterable[PassageRow]) -> None:
    """Write passages with the vectors of `model_id`, replacing those of the same slug."""
    await connection.executemany(
        _SQL["upsert"],
        [
            (new_id(), r.slug, r.title, r.category, r.content, r.source, r.content_hash, model_id, r.vector)
            for r in rows
        ],
    )


async def list_hashes(connection: Connection, model_id: str) -> dict[str, str]:
    """Return the content hash of each passage of a model, by slug."""
    return {row["slug"]: row["content_hash"] for row in await connection.fetch(_SQL["list_hashes"], model_id)}


async def delete(connection: Connection, model_id: str, slugs: Sequence[str]) -> None:
    """Remove passages of a model by slug."""
    await connection.execute(_SQL["delete"], model_id, list(slugs))


async def search(
    connection: Connection, model_id: str, vector: np.ndarray, *, limit: int = 5, category: str | None = None
) -> list[Passage]:
    """Return the `limit` passages nearest to `vector` (384,), best first, with their cosine similarity."""
    rows = await connection.fetch(_SQL["search"], model_id, vector, limit, category)
    return [Passage(**row) for row in rows]
