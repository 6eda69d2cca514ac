"""The reported health of all nodes; a successful read shows that the database is healthy too."""

from __future__ import annotations

from dataclasses import dataclass

from db.operations.node_status import Facts, Status
from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReport:
    """A replica's last status report, `age` seconds ago."""

    node: str
    replica: str
    status: Status
    detail: str
    facts: Facts
    age: float


async def node_reports(connection: Connection) -> list[NodeReport]:
    """Return the last report of every replica of every node."""
    return [NodeReport(**row) for row in await connection.fetch(_SQL["node_reports"])]
