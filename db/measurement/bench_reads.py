"""What benchmarks and kill tests read from the store afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from db.pool import Connection
from db.records import Channel
from db.sql import statements

KEPT_FOR_A_TIME = ("events", "rate_limits", "node_status")
"""The tables whose rows go again within a day."""
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
class Reply:
    """A reply as it was sent, with the number of its ticket."""

    channel: Channel
    text: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """The duration of a stage over many turns, in milliseconds."""

    stage: str
    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """What a database has written: bytes of WAL, rows, transactions."""

    wal_bytes: float
    inserted: float
    updated: float
    deleted: float
    transactions: float

    def a_message(self, before: Writes, messages: int) -> Writes:
        """Return what was written since `before`, for each of so many messages."""
        was, now = asdict(before), asdict(self)
        return Writes(**{name: (now[name] - was[name]) / messages for name in now})


async def form_outcomes(connection: Connection, keys: Sequence[str]) -> list[FormOutcome]:
    """Return the outcome of each form that was accepted with one of these Idempotency-Keys."""
    return [FormOutcome(**row) for row in await connection.fetch(_SQL["form_outcomes"], list(keys))]


async def count_unfinished(connection: Connection, keys: Sequence[str]) -> int:
    """Count the forms with these keys that still wait for their reply."""
    count: int = await connection.fetchval(_SQL["count_unfinished"], list(keys))
    return count


async def count_answered(connection: Connection, keys: Sequence[str]) -> int:
    """Count the forms with these keys whose customer can read a reply."""
    count: int = await connection.fetchval(_SQL["count_answered"], list(keys))
    return count


async def count_other_customers(connection: Connection) -> int:
    """Count the customers that no benchmark has made."""
    count: int = await connection.fetchval(_SQL["count_other_customers"])
    return count


async def replies(connection: Connection, keys: Sequence[str]) -> list[Reply]:
    """Return what the agent replied to these forms."""
    return [Reply(**row) for row in await connection.fetch(_SQL["replies"], list(keys))]


async def count_calls(connection: Connection, keys: Sequence[str], tool: str) -> int:
    """Count the agent's calls of a tool in the turns of these forms."""
    count: int = await connection.fetchval(_SQL["count_calls"], list(keys), tool)
    return count


async def stage_times(connection: Connection, keys: Sequence[str]) -> list[StageTime]:
    """Return median and 95th percentile of each stage over the turns of these forms."""
    return [StageTime(**row) for row in await connection.fetch(_SQL["stage_times"], list(keys))]


async def kept_bytes(connection: Connection) -> int:
    """Return the bytes of what is kept for good, indexes included."""
    found: int = await connection.fetchval(_SQL["kept"], list(KEPT_FOR_A_TIME))
    return found


async def writes(connection: Connection) -> Writes:
    """Return what was written so far; PostgreSQL counts rows and transactions a second late."""
    row = await connection.fetchrow(_SQL["writes"])
    assert row is not None
    return Writes(**row)
