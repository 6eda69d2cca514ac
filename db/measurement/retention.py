"""The retention of what is measured: metrics, rate-limit windows, silent replicas."""

from __future__ import annotations

from db.operations import node_status
from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


async def delete_old(connection: Connection, *, days: int, limit: int = 5000) -> None:
    """Delete metrics older than `days`, rate-limit windows that are over, and silent replicas."""
    await connection.execute(_SQL["delete_old_metrics"], days, limit)
    await connection.execute(_SQL["delete_old_windows"])
    await node_status.delete_silent(connection)
