"""What benchmarks and kill tests read from the store afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormOutcome:
    """The outcome of an accepted form: its inbox state, and the number of the agent's replies added and sent."""

    key: str
    state: str
    received_at: datetime
    finished_at: datetime | None
    answers: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """The duration of a stage over many turns, in milliseconds."""

    stage: str
    p50: float
    p95: float


async def form_outcomes(connection: Connection, keys: Sequence[str]) -> list[FormOutcome]:
    """Return the outcome of each form that was accepted with one of these Idempotency-Keys."""
    return [FormOutcome(**row) for row in await connection.fetch(_SQL["form_outcomes"], list(keys))]


async def count_unfinished(connection: Connection, keys: Sequence[str]) -> int:
    """Count the forms with these keys that still wait for their reply."""
    count: int = await connection.fetchval(_SQL["count_unfinished"], list(keys))
    return count


async def count_calls(connection: Connection, keys: Sequence[str], tool: str) -> int:
    """Count the agent's calls of a tool in the turns of these forms."""
    count: int = await connection.fetchval(_SQL["count_calls"], list(keys), tool)
    return count


async def stage_times(connection: Connection, keys: Sequence[str]) -> list[StageTime]:
    """Return median and 95th percentile of each stage over the turns of these forms."""
    return [StageTime(**row) for row in await connection.fetch(_SQL["stage_times"], list(keys))]
