"""The heartbeats of the nodes; db.operations.health reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from db.pool import Connection
from db.sql import statements

Status = Literal["healthy", "degraded", "unhealthy"]
_SQL = statements(__file__)


class Facts(TypedDict, total=False):
    """What a replica knows beside its own status. A fact is left out by a node that does not know it.

    `lag`: records that the consumer group has not finished, in so many `partitions`, None while the broker is away.
    `outbox_age_s`: how long the oldest reply is due. `alerts`: how the service does, a sentence each. `failing`: the
    nodes that do not answer this replica, with the reason.
    """

    lag: int | None
    partitions: int | None
    outbox_age_s: float | None
    alerts: Sequence[str]
    failing: Mapping[str, str]


NO_FACTS: Facts = {}


async def report(
    connection: Connection, node: str, replica: str, status: Status, detail: str = "", facts: Facts = NO_FACTS
) -> None:
    """Set the status of a replica, as its heartbeat."""
    await connection.execute(_SQL["report"], node, replica, status, detail, facts)


async def forget(connection: Connection, node: str, replica: str) -> None:
    """Remove a replica that shuts down in an orderly way, so that it is not reported as silent."""
    await connection.execute(_SQL["forget"], node, replica)


async def delete_silent(connection: Connection) -> None:
    """Remove replicas without a heartbeat for 10 minutes."""
    await connection.execute(_SQL["delete_silent"])
