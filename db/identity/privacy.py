"""Export and erasure of all data of a customer (D7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from uuid import UUID

from db.identity.exclusive import run_exclusively
from db.ids import new_id
from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)
_LOCKS = (
    "fence_turns",
    "lock_customers",
    "lock_conversations",
    "lock_tickets",
    "lock_messages",
    "lock_inbox",
    "lock_outbox",
)
"""Taken in this order before anything is deleted: leases before customers, as turns take them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The number of deleted rows of each kind."""

    customers: int
    identifiers: int
    conversations: int
    tickets: int
    messages: int
    dead_letters: int


async def export(connection: Connection, customer_id: UUID, *, by: str) -> dict[str, Any] | None:
    """Return everything stored about a customer and those merged with them: lists of rows by kind. None: no customer.

    The export is recorded in the name of `by`. Must run inside a transaction.
    """
    family = await _family(connection, customer_id)
    if not family:
        return None
    found: dict[str, Any] = await connection.fetchval(_SQL["export"], family)
    exported = {kind: rows or [] for kind, rows in found.items()}
    await _record(connection, "export", family, by=by, counts={kind: len(rows) for kind, rows in exported.items()})
    return exported


async def erase(connection: Connection, customer_id: UUID, *, by: str) -> Erased | None:
    """Delete a customer with those merged with them and commit; None: no such customer.

    A turn that runs meanwhile is fenced and writes nothing. Messages at the providers and the last day's records in
    Kafka are outside this store. The erasure is recorded in the name of `by`, the customer only as a hash. Raises
    CustomerBusyError.
    """

    async def once() -> Erased | None:
        family = await _family(connection, customer_id)
        if not family:
            return None
        for lock in _LOCKS:
            await connection.execute(_SQL[lock], family)
        row = await connection.fetchrow(_SQL["erase"], family)
        assert row is not None
        erased = Erased(**row)
        await _record(connection, "erase", family, by=by, counts=asdict(erased))
        return erased

    return await run_exclusively(connection, once)


async def _record(
    connection: Connection,
    action: Literal["export", "erase"],
    family: Sequence[UUID],
    *,
    by: str,
    counts: Mapping[str, int],
) -> None:
    await connection.execute(_SQL["add_privacy_action"], new_id(), by, action, family, counts)


async def _family(connection: Connection, customer_id: UUID) -> list[UUID]:
    return [row["id"] for row in await connection.fetch(_SQL["family"], customer_id)]
