"""Leases with fencing tokens: at most one run per customer at a time, across all of the customer's identifiers."""

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
    """Lease the customers of these inbox rows; each lease is returned by one of its customer's rows.

    Left out are customers without a waiting message, and those with a lease that has not lapsed, this holder's own
    included: its holder answers the message, or the sweeper wakes it again.
    """
    rows = await connection.fetch(_SQL["take"], list(inbox_ids), holder, seconds)
    return {
        row["woken_by"]: Lease(customer_id=row["customer_id"], token=row["token"], holder=row["holder"]) for row in rows
    }


async def renew(connection: Connection, leases: Sequence[Lease], *, seconds: float = LEASE_S) -> set[UUID]:
    """Prolong leases to `seconds` from now; returns the customers whose lease is still held, the others were fenced."""
    customers, tokens = [lease.customer_id for lease in leases], [lease.token for lease in leases]
    return {row["customer_id"] for row in await connection.fetch(_SQL["renew"], customers, tokens, seconds)}


async def release(connection: Connection, leases: Sequence[Lease]) -> None:
    """End leases at once; one that passed to another holder is left alone."""
    customers, tokens = [lease.customer_id for lease in leases], [lease.token for lease in leases]
    await connection.execute(_SQL["release"], customers, tokens)
