"""A lease lasts from the moment it is written, however long its transaction has waited before."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from db.operations import events
from db.pool import Connection, transaction
from db.records import Lease
from db.turns import leases
from tests.fixtures.scaled_store import all_statements
from tests.fixtures.store import Store, plain_logs, store

__all__ = ["plain_logs", "store"]

WAITED_S = 0.4
WAIT = "SELECT pg_sleep($1)"


async def lease_customer(connection: Connection) -> None:
    await connection.execute(WAIT, WAITED_S)
    [inbox_id] = [row["id"] for row in await connection.fetch("SELECT id FROM inbox")]
    assert await leases.take(connection, [inbox_id], "me", seconds=30.0)


async def renew(connection: Connection) -> None:
    await lease_customer(connection)
    await connection.execute(WAIT, WAITED_S)
    held = Lease(**await connection.fetchrow("SELECT customer_id, token, holder FROM customer_leases"))
    assert await leases.renew(connection, [held], seconds=30.0)


async def lease_event(connection: Connection) -> None:
    await connection.execute(WAIT, WAITED_S)
    assert await events.lease_due(connection, limit=1, lease_s=30.0)


@pytest.mark.parametrize(
    ("lease", "table", "waited_s"),
    [
        (lease_customer, "customer_leases", WAITED_S),
        (renew, "customer_leases", 2 * WAITED_S),
        (lease_event, "events", WAITED_S),
    ],
    ids=["customer", "renewed", "event"],
)
async def test_a_lease_counts_from_its_writing(
    store: Store, lease: Callable[[Connection], Awaitable[None]], table: str, waited_s: float
) -> None:
    await store.form("How do I export a board?")
    async with transaction(store.pool) as connection:
        await lease(connection)
        # now() is the beginning of the transaction, and the machine may take as long as it likes.
        begun = f"SELECT extract(epoch FROM lease_until - now())::float8 FROM {table}"
        assert await connection.fetchval(begun) >= 30.0 + waited_s


def test_no_lease_counts_from_the_beginning_of_its_transaction() -> None:
    late = re.compile(r"lease_until = now\(\) \+|[^_]now\(\) \+ make_interval[^;]*INTO customer_leases")
    assert [s.name for s in all_statements() if late.search(s.text)] == []
