"""A year's rows make no customer wait: the same forms in a new store and in a filled one, in turns.

`pytest tests/load/test_at_size.py -m full -s`, on a quiet machine. AT_SIZE (1,000,000) is the number of customers; five
messages, metrics and events come with each.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from uuid import uuid4

import asyncpg
import numpy as np
import pytest

from db.measurement.scaled_store import load
from embeddings.arrays import Floats
from evaluation.client import ProductClient
from tests.fixtures.ports import free_port
from tests.fixtures.product import Product, running_product
from tests.fixtures.waiting import eventually

pytestmark = [pytest.mark.product, pytest.mark.full, pytest.mark.timeout(7200)]

CUSTOMERS = int(os.environ.get("AT_SIZE", "1000000"))
FORMS = 60
SLOWER = 2.0
SETTLED = """
    UPDATE inbox SET state = 'ignored', finished_at = now() WHERE state = 'waiting';
    UPDATE outbox SET state = 'parked' WHERE state IN ('ready', 'sending', 'unknown');
    UPDATE events SET state = 'published' WHERE state = 'pending'"""
"""What the scaled store has under way is no real message: it would be dead-lettered, and ingest stop of so many."""


async def answer_times(products: Sequence[Product]) -> Floats:
    """Seconds to the answers, (products, FORMS): the products in turns, so that all see the same machine.

    The scaled store knows the customers as `c…`.
    """
    senders = [f"c{n * (CUSTOMERS // FORMS) + 1}@example.com" for n in range(FORMS)]
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(ProductClient(product.url)) for product in products]
        rounds = [[await _answer_time(client, sender) for client in clients] for sender in senders]
    return np.array(rounds).T


async def _answer_time(client: ProductClient, email: str) -> float:
    form = {
        "name": "Ann",
        "email": email,
        "subject": "Signing in",
        "category": "technical",
        "message": "How do I reset my password?",
    }
    began = time.monotonic()
    reply = await client.submit(form, key=uuid4().hex)
    number, token = reply.body["ticket_id"], reply.body["status_token"]

    async def answered() -> bool:
        return bool((await client.ticket(number, token)).body["responses"])

    await eventually(answered, within_s=120, pause_s=0.02)
    return time.monotonic() - began


def on(database_url: str) -> AbstractContextManager[Product]:
    """A product that keeps its memory in this database."""
    return running_product(free_port(), {"DATABASE_URL": database_url})


async def fill(database_url: str) -> None:
    """Add a year's rows to what is there."""
    connection = await asyncpg.connect(database_url)
    try:
        await load(connection, customers=CUSTOMERS)
        await connection.execute(SETTLED)
    finally:
        await connection.close()


def test_a_years_rows_make_nobody_wait(database_url: str, module_database_url: str) -> None:
    asyncio.run(fill(module_database_url))
    with on(database_url) as small, on(module_database_url) as large:
        asyncio.run(answer_times([small, large]))  # the first ones open connections and fill caches
        times = asyncio.run(answer_times([small, large]))
    new, filled = np.percentile(times, [50, 95], axis=1).T
    print(f"p50 and p95 in s, new store: {new.round(2)}, with {CUSTOMERS:,} customers: {filled.round(2)}")
    assert filled[1] < SLOWER * new[1]
