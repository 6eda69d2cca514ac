"""What the identity benchmark needs of the store: the customer of each message, and simulated silence."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from db.pool import Connection
from db.records import IdentifierType
from db.sql import statements

_SQL = statements(__file__)


async def owners(connection: Connection) -> dict[str, UUID]:
    """Return the customer of every inbound message, by the provider's message id."""
    return {row["key"]: row["customer_id"] for row in await connection.fetch(_SQL["owners"])}


async def backdate_last_seen(
    connection: Connection, type_: IdentifierType, values: Sequence[str], *, days: int
) -> None:
    """Move the last time these identifiers were seen back by `days`. Only for a scratch database."""
    await connection.execute(_SQL["backdate_last_seen"], type_, list(values), days)
