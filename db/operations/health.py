"""What the store knows of everybody's health; asking is itself the proof that the database answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReport:
    """A replica's last word about itself, `age` seconds ago."""

    node: str
    replica: str
    status: Literal["healthy", "degraded", "unhealthy"]
    detail: str
    age: float


async def node_reports(connection: Connection) -> list[NodeReport]:
    """Return the last word of every replica of every node."""
    return [NodeReport(**row) for row in await connection.fetch(_SQL["nodes"])]
