"""A year's rows make no customer wait: the same forms before and after the store is filled, on the running product.

`pytest tests/load/test_at_size.py -m full -s`, on a quiet machine. AT_SIZE (1,000,000) is the number of customers; five
messages, metrics and events come with each.
"""

from __future__ import annotations

import asyncio
import os
import time
from uuid import uuid4

import asyncpg
import numpy as np
import pytest

from evaluation.client import ProductClient
from tests.fixtures.ports import free_port
from tests.fixtures.product import Product, running_product
from tests.fixtures.scaled_store import load
from tests.fixtures.waiting import eventually

pytestmark = [pytest.mark.product, pytest.mark.full, pytest.mark.timeout(7200)]

CUSTOMERS = int(os.environ.get("AT_SIZE", "1000000"))
FORMS = 60
SLOWER = 2.0
SETTLED = """
    UPDATE inbox SET state = 'ignored', finished_at = now() WHERE state = 'waiting';
    UPDATE outbox SET state = 'parked' WHERE state IN ('ready', 'sending', 'unknown');
    DELETE FROM dead_letters"""
"""What the scaled store has under way is no real message; of too many dead letters ingest stops."""


async def answer_times(product: Product, sender: str) -> list[float]:
    """Seconds to the answer of each of FORMS customers, one after the other; the scaled store knows `c…`."""
    async with ProductClient(product.url) as client:
        return [await _answer_time(client, f"{sender}{n * (CUSTOMERS // FORMS) + 1}@example.com") for n in range(FORMS)]


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


def times_on(database_url: str, sender: str) -> list[float]:
    """The answer times of a product that keeps its memory in this database."""
    with running_product(free_port(), {"DATABASE_URL": database_url, "PUBLIC_RATE_LIMIT": "off"}) as product:
        asyncio.run(answer_times(product, sender))  # the first ones open connections and fill caches
        return asyncio.run(answer_times(product, sender))


async def fill(database_url: str) -> None:
    """Add a year's rows to what is there."""
    connection = await asyncpg.connect(database_url)
    try:
        await load(connection, customers=CUSTOMERS)
        await connection.execute(SETTLED)
    finally:
        await connection.close()


def test_a_years_rows_make_nobody_wait(module_database_url: str) -> None:
    small = np.percentile(times_on(module_database_url, "new"), [50, 95])
    asyncio.run(fill(module_database_url))
    large = np.percentile(times_on(module_database_url, "c"), [50, 95])
    print(f"p50 and p95 in s, new store: {small.round(2)}, with {CUSTOMERS:,} customers: {large.round(2)}")
    assert large[1] < SLOWER * small[1]
