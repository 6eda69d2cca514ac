"""The connections that the nodes may open to PostgreSQL, added up and held against the server's limit at the start."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from db.operations.connection_limit import ConnectionLimit, connection_limit
from db.pool import DatabaseUnavailableError, acquire, create_pool
from serve_app.scaling.table import Scaled
from serve_app.settings.settings import MIN_DB_POOL_SIZE, SettingsError

OTHERS = 8
"""Beside the nodes: migrations and the knowledge base at the start, and commands, of which `mcp` opens most (4)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConnections:
    """What a node opens at most: `replicas` is its maximum, each with `pools` of DB_POOL_SIZE and `more` of its own."""

    node: str
    replicas: int
    pools: int
    more: int = 0

    def total(self, pool_size: int) -> int:
        """Return how many connections all of its replicas open."""
        return self.replicas * (self.pools * pool_size + self.more)


def connections(nodes: Sequence[Scaled]) -> list[NodeConnections]:
    """Return what each node opens to PostgreSQL at its most replicas."""
    return [
        NodeConnections(
            node=one.node.name, replicas=one.bounds.most, pools=one.node.pools, more=one.node.more_connections
        )
        for one in nodes
    ]


def require_room(database_url: str, nodes: Sequence[NodeConnections], *, pool_size: int) -> None:
    """Raise SettingsError when the nodes may open more connections than PostgreSQL accepts.

    A server that does not answer is not waited for: nodes start without it, too.
    """
    try:
        limit = asyncio.run(_limit(database_url))
    except DatabaseUnavailableError as error:
        log.warning("connections_not_checked", cause=str(error))
        return
    if problem := too_many(nodes, limit, pool_size=pool_size):
        raise SettingsError(problem)


def too_many(nodes: Sequence[NodeConnections], limit: ConnectionLimit, *, pool_size: int) -> str:
    """Return the sum of the nodes' connections, one line, with what to change; '' when the server has room for it."""
    needed = sum(node.total(pool_size) for node in nodes) + OTHERS
    if needed <= limit.ours:
        return ""
    terms = " + ".join(f"{node.node} {node.replicas} × {node.total(pool_size) // node.replicas}" for node in nodes)
    room = limit.ours - OTHERS - sum(node.replicas * node.more for node in nodes)
    fitting = room // sum(node.replicas * node.pools for node in nodes)
    change = f"raise max_connections to {needed + limit.reserved}"
    if fitting >= MIN_DB_POOL_SIZE:
        change = f"set it to {fitting}, or {change}"
    return (
        f"DB_POOL_SIZE: {terms} + {OTHERS} others = {needed} connections, but PostgreSQL has {limit.ours} "
        f"(max_connections {limit.all_in_all} - {limit.reserved} reserved): {change}"
    )


async def _limit(database_url: str) -> ConnectionLimit:
    pool = await create_pool(database_url, size=1)
    try:
        async with acquire(pool) as connection:
            return await connection_limit(connection)
    finally:
        await pool.close()
