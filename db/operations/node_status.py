"""What each node last says of itself; /health reads it (db.operations.health)."""

from __future__ import annotations

from typing import Literal

from db.pool import Connection
from db.sql import statements

Status = Literal["healthy", "degraded", "unhealthy"]
_SQL = statements(__file__)


async def report(connection: Connection, node: str, replica: str, status: Status, detail: str = "") -> None:
    """Write what a replica says of itself now."""
    await connection.execute(_SQL["report"], node, replica, status, detail)


async def forget(connection: Connection, node: str, replica: str) -> None:
    """Remove a replica that ends in an orderly way, so that nobody waits for its next word."""
    await connection.execute(_SQL["forget"], node, replica)


async def delete_silent(connection: Connection) -> None:
    """Remove the replicas that have been silent for so long that nobody waits for them."""
    await connection.execute(_SQL["delete_silent"])
