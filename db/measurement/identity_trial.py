"""What the measurement of identity needs of the store: whose each message is, and time that passes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from db.pool import Connection
from db.records import IdentifierType
from db.sql import statements

_SQL = statements(__file__)


async def owners(connection: Connection) -> dict[str, UUID]:
    """Return the customer of every message by the key under which it came in."""
    return {row["key"]: row["customer_id"] for row in await connection.fetch(_SQL["owners"])}


async def backdate_last_seen(connection: Connection, type_: IdentifierType, values: Sequence[str], *, days: int) -> None:
    """Let these identifiers have been last seen so many days ago. Only for a database that is thrown away."""
    await connection.execute(_SQL["fall_silent"], type_, list(values), days)
