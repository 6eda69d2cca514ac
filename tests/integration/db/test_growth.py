"""`bench growth` on a small scale: every call finds what it looks for at every size, and nothing is left behind."""

from __future__ import annotations

import asyncio

import asyncpg
import numpy as np

from db import knowledge
from db.measurement import growth as stores
from db.measurement.growth import fill_history, fill_passages
from db.pool import acquire, create_pool
from db.staff import customer_lookup
from embeddings.judge import CANDIDATES
from evaluation.benchmarks import growth
from evaluation.benchmarks.growth_calls import BARE, SEARCH

DIMENSIONS = 16
SIZES = {"messages of a customer": [10, 40], "passages": [1_000, 1_100], "tickets": [1_000, 1_250]}


async def left(database_url: str) -> tuple[int, int]:
    """Scratch databases on the server, and customers in the database that was named."""
    connection = await asyncpg.connect(database_url)
    try:
        scratch = await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname LIKE 'nightdesk_scratch_%'")
        return scratch, await connection.fetchval("SELECT count(*) FROM customers")
    finally:
        await connection.close()


def test_every_call_is_made_at_every_size(database_url: str) -> None:
    grown = growth.dimensions(history=40, passages=1_100, tickets=1_250, vector_size=DIMENSIONS)
    said: list[str] = []
    report = asyncio.run(growth.measure(database_url, grown, rounds=3, said=said.append))
    assert len(said) == 9
    calls = {name: {row.call for row in report.rows if row.dimension == name} for name in SIZES}
    assert {name: len(found) for name, found in calls.items()} == {
        "messages of a customer": 3,
        "passages": 3,
        "tickets": 10,
    }
    assert {(row.dimension, row.call, row.size) for row in report.rows} == {
        (name, call, size) for name, found in calls.items() for call in found for size in SIZES[name]
    }
    assert all(0 < row.p50 <= row.p95 for row in report.rows)
    assert all(row.p95_of_smallest == 1.0 for row in report.rows if row.size == SIZES[row.dimension][0])
    assert {row.call for row in report.rows if row.of_bare} == {SEARCH}
    assert {row.call for row in report.rows if not row.bounded} == {BARE}
    assert [fill.index_s > 0 for fill in report.fills] == [False, False, True, True, False, False]
    assert asyncio.run(left(database_url)) == (0, 0)


async def test_a_history_has_as_many_messages_as_it_should(database_url: str) -> None:
    await fill_history(database_url, 80)
    pool = await create_pool(database_url, size=1)
    try:
        async with acquire(pool) as connection:
            customer = await customer_lookup.find_customer(connection, email=stores.SENDER)
            assert customer is not None
            history = await customer_lookup.thread(connection, customer.customer_id, after=None, limit=200)
    finally:
        await pool.close()
    assert history is not None
    assert len(history) == 80 + 1  # and one that waits
    assert len(customer.tickets) == 11
    assert not any(ticket.claimed for ticket in customer.tickets)


async def test_product_and_bare_statement_search_one_index(database_url: str) -> None:
    """Both read the partial index of the model and find the same passages; a rare category has an index of its own."""
    await fill_passages(database_url, 3_000, DIMENSIONS)
    pool = await create_pool(database_url, size=1)
    vector: np.ndarray = next(stores.vectors(1, DIMENSIONS, seed=2))
    try:
        async with acquire(pool) as connection:
            bare = await stores.bare_statement(connection, DIMENSIONS)
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {bare}", vector, CANDIDATES))
            found = [row["slug"] for row in await connection.fetch(bare, vector, CANDIDATES)]
            searched = await knowledge.search(connection, stores.MODEL, vector, limit=CANDIDATES)
            own_plan, rare_plan = [
                "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {text}", vector))
                for text in (
                    await knowledge.search_text(connection, stores.MODEL, DIMENSIONS, CANDIDATES),
                    await knowledge.search_text(connection, stores.MODEL, DIMENSIONS, CANDIDATES, stores.RARE),
                )
            ]
            hostile = "x' OR true --%L"
            assert await knowledge.search(connection, stores.MODEL, vector, limit=5, category=hostile) == []
            rare = await knowledge.search(connection, stores.MODEL, vector, limit=5, category=stores.RARE)
    finally:
        await pool.close()
    nearest_first = "Order By: "  # of an index of vectors alone
    assert nearest_first in plan
    assert nearest_first in own_plan
    assert "knowledge_base_model_category" in rare_plan
    assert {passage.category for passage in rare} == {stores.RARE}
    assert [passage.slug for passage in searched] == found
