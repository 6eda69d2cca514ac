"""Embeds the passages of the model in service for another one, beside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict

from db import embedding_models, knowledge
from db.pool import Connection, Pool, acquire, transaction
from embeddings.arrays import Floats
from embeddings.judge import passage_text
from embeddings.lexical import without_own_names

BATCH = 64
"""Passages of one transaction: what is lost when the work is broken off."""


async def embed_missing(
    pool: Pool,
    *,
    of: str,
    to: str,
    encode: Callable[[list[str]], Awaitable[Floats]],
    own_names: Sequence[str],
    told: Callable[[int, int], None] = lambda _done, _of: None,
    hold: Callable[[Connection], Awaitable[None]] | None = None,
    batch: int = BATCH,
) -> int:
    """Embed what a model (`to`) lacks of another's (`of`) passages, a batch a transaction; return how many.

    Nothing is written once `of` is not the one in force, nor of a passage that was changed or deleted meanwhile.
    `encode` is the model's · `told` hears how many of how many are done · `hold` is called in each transaction before
    it writes; what it raises ends the work. Raises ModelChangedError, DatabaseUnavailableError.
    """
    async with acquire(pool) as connection:
        total = await embedding_models.count_passages(connection, of)
    done = 0
    while True:
        async with acquire(pool) as connection:
            rows = await embedding_models.missing(connection, of, to, limit=batch)
        if not rows:
            return done
        vectors = await encode([without_own_names(passage_text(row.title, row.content), own_names) for row in rows])
        async with transaction(pool) as connection:
            if hold is not None:
                await hold(connection)
            await embedding_models.hold(connection, of)
            kept = {row.slug for row in await embedding_models.keep_sources(connection, of, rows)}
            for row, vector in zip(rows, vectors, strict=True):
                if row.slug not in kept:
                    continue
                text = asdict(row)
                origin = text.pop("origin")
                stored = knowledge.PassageRow(**text, vector=vector)
                await knowledge.upsert_passages(connection, to, [stored], origin=origin)
        done += len(kept)
        told(done, max(total, done))
