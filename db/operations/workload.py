"""How much work waits: measured by the reporting node, and read from its heartbeat by nodes that scale on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """Seconds: of the oldest message that waits, and of the oldest reply by its state; 0 where there is none."""

    inbound_s: float
    outbox_s: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What the reporting node said `age_s` seconds ago. None: it does not know, as while the broker is away.

    `lag` is the records that the consumer group has not finished, `outbox_age_s` how long the oldest reply is due.
    """

    lag: int | None
    partitions: int | None
    outbox_age_s: float | None
    age_s: float


async def ages(connection: Connection, channels: list[str]) -> Ages:
    """Measure."""
    row = await connection.fetchrow(_SQL["ages"], channels)
    assert row is not None
    found = {name: value or 0.0 for name, value in row.items()}
    return Ages(inbound_s=found.pop("inbound"), outbox_s=found)


async def reported(connection: Connection) -> Workload | None:
    """Return what the reporting node last said; None before it ever did."""
    row = await connection.fetchrow(_SQL["reported"])
    return Workload(**row) if row else None
