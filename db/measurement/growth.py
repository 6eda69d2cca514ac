"""Fills scratch databases to a size for `bench growth`: a customer's history, passages with vectors, or tickets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

import asyncpg
import numpy as np
from pgvector.asyncpg import register_vector

from db.ids import new_id
from db.measurement import scaled_store
from db.pool import Connection
from db.sql import statements

SENDER = "ada@example.com"
"""Whose history grows."""
SENDER_KEY = f"email:{SENDER}"
MODEL, RARE = "growth", "rare"
"""Whose passages grow, and the category with one of a hundred of them."""
OTHERS = 800
"""Customers beside the one whose history grows."""
UNDER_WAY = 1_000
"""Conversations that are not over, at most, in a store of any size."""
TOPICS = 200
BATCH = 5_000
_SEED = 7
_SQL = statements(__file__)


async def fill_history(dsn: str, messages: int) -> None:
    """Give the customer who writes from SENDER so many messages, at least eight, and another that waits."""
    connection = await asyncpg.connect(dsn)
    try:
        await scaled_store.load(connection, customers=OTHERS, what=scaled_store.THE_DESK)
        await connection.execute(_SQL["history"], messages, SENDER)
        await connection.execute(_SQL["new_message"], new_id(), new_id(), SENDER_KEY)
        await connection.execute(_SQL["vacuum"])
    finally:
        await connection.close()


async def fill_tickets(dsn: str, tickets: int) -> None:
    """Fill with so many tickets and what belongs to them; no more of them are under way than in a small store."""
    customers = int(tickets / scaled_store.TICKETS_A_CUSTOMER)
    connection = await asyncpg.connect(dsn)
    try:
        await scaled_store.load(connection, customers=customers, what=scaled_store.THE_DESK)
        await connection.execute(_SQL["few_under_way"], UNDER_WAY)
        await connection.execute(_SQL["vacuum"])
    finally:
        await connection.close()


async def fill_passages(dsn: str, passages: int, dimensions: int) -> float:
    """Fill with so many passages; return the seconds that their index took, which is made afterwards."""
    connection = await asyncpg.connect(dsn)
    try:
        await register_vector(connection)
        await connection.execute(_SQL["prepare_vectors"])
        made = enumerate(vectors(passages, dimensions, seed=_SEED), start=1)
        await connection.copy_records_to_table("vectors_made", records=made)
        await connection.execute(_SQL["passages"], MODEL, RARE)
        await connection.execute(_SQL["room_for_the_index"])
        began = time.perf_counter()
        await connection.execute(_SQL["index"], MODEL, dimensions)
        seconds = time.perf_counter() - began
        await connection.execute(_SQL["vacuum"])
        return seconds
    finally:
        await connection.close()


def vectors(number: int, dimensions: int, *, seed: int) -> Iterator[np.ndarray]:
    """Yield vectors (dimensions,) of length 1 around TOPICS centres: .5 is the cosine of two of a topic, 0 of others.

    Another seed gives other vectors around the same centres.
    """
    centres = _unit(np.random.default_rng(_SEED).standard_normal((TOPICS, dimensions)))
    random = np.random.default_rng([_SEED, seed])
    for start in range(0, number, BATCH):
        size = min(BATCH, number - start)
        apart = _unit(random.standard_normal((size, dimensions)))
        yield from _unit(centres[random.integers(TOPICS, size=size)] + apart).astype(np.float32)


async def waiting(connection: Connection, sender_key: str | None = None) -> list[UUID]:
    """Return the inbox rows of the messages that wait for their answer; of one sender where it is named."""
    return [row["id"] for row in await connection.fetch(_SQL["waiting"], sender_key)]


async def bare_statement(connection: Connection, dimensions: int) -> str:
    """Return the statement that searches MODEL's index with nothing around it; its parameters: a vector, a limit."""
    found: str = await connection.fetchval(_SQL["bare_search"], MODEL, dimensions)
    return found


async def bare_search(connection: Connection, statement: str, vector: np.ndarray, limit: int) -> int:
    """Search by that statement; return how many passages it found."""
    return len(await connection.fetch(statement, vector, limit))


def _unit(rows: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled
