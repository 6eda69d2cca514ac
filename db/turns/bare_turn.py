"""Messages whose turn can't be opened: failures are counted, and in the end a turn without text hands them over."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from db.pool import Connection
from db.records import Turn
from db.sql import statements
from db.turns import leases
from db.turns.open_turn import turn_from

_SQL = statements(__file__)


async def count_failure(connection: Connection, inbox_id: UUID, pauses_s: Sequence[float]) -> int | None:
    """Count a failed try to open this row's turn and return how many there were; None once the row is finished.

    It is put off for the first of `pauses_s` after the first failure, and so on; the last holds for all further ones.
    """
    attempts: int | None = await connection.fetchval(_SQL["count_failure"], inbox_id, list(pauses_s))
    return attempts


async def open_bare(connection: Connection, inbox_id: UUID, holder: str) -> Turn | None:
    """Lease the row's customer and return a turn of this message alone, without text; None: somebody else is at it.

    Must run inside a transaction.
    """
    taken = await leases.take(connection, [inbox_id], holder)
    if inbox_id not in taken:
        return None
    row = await connection.fetchrow(_SQL["bare_turn"], inbox_id)
    if row is None:
        await leases.release(connection, [taken[inbox_id]])
        return None
    return turn_from(row, taken[inbox_id], ())
