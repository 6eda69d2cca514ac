"""The heartbeats of the nodes; db.operations.health reads them."""

from __future__ import annotations

from typing import Literal

from db.pool import Connection
from db.sql import statements

Status = Literal["healthy", "degraded", "unhealthy"]
_SQL = statements(__file__)


async def report(connection: Connection, node: str, replica: str, status: Status, detail: str = "") -> None:
    """Set the status of a replica, as its heartbeat."""
    await connection.execute(_SQL["report"], node, replica, status, detail)


async def forget(connection: Connection, node: str, replica: str) -> None:
    """Remove a replica that shuts down in an orderly way, so that it is not reported as silent."""
    await connection.execute(_SQL["forget"], node, replica)


async def delete_silent(connection: Connection) -> None:
    """Remove replicas without a heartbeat for 10 minutes."""
    await connection.execute(_SQL["delete_silent"])
