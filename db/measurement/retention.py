"""The retention of what is measured and recorded, in steps that are each a short transaction; repeated until done."""

from __future__ import annotations

from datetime import UTC, datetime

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


async def make_metric_days(connection: Connection, *, until: datetime) -> int:
    """Make the missing partitions of agent_metrics up to the day (UTC) of `until`; returns how many.

    A day of which metrics were recorded without a partition gets none: its rows go by `delete_stray_metrics`.
    """
    made: int = await connection.fetchval(_SQL["make_metric_days"], until.astimezone(UTC).date())
    return made


async def drop_metric_day(connection: Connection, *, before: datetime) -> str | None:
    """Drop the oldest day of metrics that ended by `before`; returns its table, None: there is none, or it is busy."""
    name: str | None = await connection.fetchval(_SQL["drop_metric_day"], before)
    return name


async def delete_stray_metrics(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete metrics recorded before `before` that stand in no day's partition; fewer than `limit`: none is left."""
    return await _count(connection, "delete_stray_metrics", before, limit)


async def delete_windows(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` rate-limit windows that began before `before`; returns how many."""
    return await _count(connection, "delete_windows", before, limit)


async def delete_details(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete the texts of the tool calls in up to `limit` decision records made before `before`; returns how many."""
    return await _count(connection, "delete_details", before, limit)


async def _count(connection: Connection, statement: str, before: datetime, limit: int) -> int:
    done: int = await connection.fetchval(_SQL[statement], before, limit)
    return done
