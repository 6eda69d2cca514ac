"""Leases on customers: at most one run per customer at a time, across all of a customer's identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from db.pool import Connection
from db.records import Lease
from db.sql import statements

LEASE_S = 15.0
_SQL = statements(__file__)


async def take(
    connection: Connection, inbox_ids: Sequence[UUID], holder: str, *, seconds: float = LEASE_S
) -> dict[UUID, Lease]:
    """Lease the customers of these inbox rows and return each lease by the one row that won it.

    A customer without a waiting message, or with a lease that still lives (anybody's, ours too), is left out: in the
    first case the work is done, in the second its holder or the sweeper sees to it.
    """
    rows = await connection.fetch(_SQL["take"], list(inbox_ids), holder, seconds)
    return {
        row["woken_by"]: Lease(customer_id=row["customer_id"], token=row["token"], holder=row["holder"]) for row in rows
    }


async def renew(connection: Connection, leases: Sequence[Lease], *, seconds: float = LEASE_S) -> set[UUID]:
    """Prolong leases by `seconds` from now and return the customers of those that are still held."""
    customers, tokens = [lease.customer_id for lease in leases], [lease.token for lease in leases]
    return {row["customer_id"] for row in await connection.fetch(_SQL["renew"], customers, tokens, seconds)}


async def release(connection: Connection, leases: Sequence[Lease]) -> None:
    """End leases at once; those that were taken over by another holder are left to him."""
    customers, tokens = [lease.customer_id for lease in leases], [lease.token for lease in leases]
    await connection.execute(_SQL["release"], customers, tokens)
