"""What the agent reads of a customer besides the turn itself."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


async def attachment_names(connection: Connection, inbox_ids: Sequence[UUID]) -> tuple[str, ...]:
    """Return the names of the files attached to these messages; their content stays with the provider."""
    rows = await connection.fetch(_SQL["attachment_names"], list(inbox_ids))
    return tuple(row["filename"] or "attachment" for row in rows)
