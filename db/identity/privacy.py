"""A customer's data in one piece, and its end (D7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from uuid import UUID

from db.identity.exclusive import exclusively
from db.ids import new_id
from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)
_ALONE = ("fence", "lock", "lock_conversations", "lock_tickets", "lock_messages", "lock_inbox", "lock_outbox")
"""What has to be ours before anything is deleted: leases before customers, as turns take them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many rows of each kind are gone."""

    customers: int
    identifiers: int
    conversations: int
    tickets: int
    messages: int
    dead_letters: int


async def export(connection: Connection, customer_id: UUID, *, by: str) -> dict[str, Any] | None:
    """Return all that is kept of a customer and of those merged with him, lists of rows by kind; None: nobody.

    That `by` had it is noted for good, inside the caller's transaction.
    """
    family = await _family(connection, customer_id)
    if not family:
        return None
    found: dict[str, Any] = await connection.fetchval(_SQL["export"], family)
    exported = {kind: rows or [] for kind, rows in found.items()}
    await _note(connection, "export", family, by=by, counts={kind: len(rows) for kind, rows in exported.items()})
    return exported


async def erase(connection: Connection, customer_id: UUID, *, by: str) -> Erased | None:
    """Delete a customer with those merged with him and commit; None: there is nobody.

    A turn that runs meanwhile is fenced and leaves nothing. What left to a provider, and a day's records on the bus,
    are outside this store. That `by` did it is noted for good, without a trace of whom. Raises CustomerBusyError.
    """

    async def once() -> Erased | None:
        family = await _family(connection, customer_id)
        if not family:
            return None
        for step in _ALONE:
            await connection.execute(_SQL[step], family)
        row = await connection.fetchrow(_SQL["erase"], family)
        assert row is not None
        erased = Erased(**row)
        await _note(connection, "erase", family, by=by, counts=asdict(erased))
        return erased

    return await exclusively(connection, once)


async def _note(
    connection: Connection,
    action: Literal["export", "erase"],
    family: Sequence[UUID],
    *,
    by: str,
    counts: Mapping[str, int],
) -> None:
    await connection.execute(_SQL["note"], new_id(), by, action, family, counts)


async def _family(connection: Connection, customer_id: UUID) -> list[UUID]:
    return [row["id"] for row in await connection.fetch(_SQL["family"], customer_id)]
