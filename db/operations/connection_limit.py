"""How many connections PostgreSQL accepts."""

from __future__ import annotations

from dataclasses import dataclass

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimit:
    """`max_connections`, and how many of them are kept for superusers and privileged roles."""

    all_in_all: int
    reserved: int

    @property
    def ours(self) -> int:
        """How many the product may open, if it has the server to itself."""
        return self.all_in_all - self.reserved


async def connection_limit(connection: Connection) -> ConnectionLimit:
    """Return the server's limit."""
    row = await connection.fetchrow(_SQL["connection_limit"])
    assert row is not None
    return ConnectionLimit(**row)
