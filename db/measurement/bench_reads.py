"""What a benchmark or a kill test asks of the store afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormOutcome:
    """One accepted form: its inbox state, and how many words of the agent's exist and were sent."""

    key: str
    state: str
    received_at: datetime
    finished_at: datetime | None
    answers: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """A stage's share of a turn, in milliseconds."""

    stage: str
    p50: float
    p95: float


async def form_outcomes(connection: Connection, keys: Sequence[str]) -> list[FormOutcome]:
    """Return the fate of each form accepted with one of these Idempotency-Keys."""
    return [FormOutcome(**row) for row in await connection.fetch(_SQL["fates"], list(keys))]


async def count_unfinished(connection: Connection, keys: Sequence[str]) -> int:
    """Count the forms of these keys that still wait for their answer."""
    count: int = await connection.fetchval(_SQL["unfinished"], list(keys))
    return count


async def stage_times(connection: Connection, keys: Sequence[str]) -> list[StageTime]:
    """Return median and 95th percentile of each stage over the turns of these forms."""
    return [StageTime(**row) for row in await connection.fetch(_SQL["stages"], list(keys))]
