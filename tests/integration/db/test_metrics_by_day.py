"""D3: a filled store of an older release gets days of metrics while it is written to; nothing is lost or refused."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from db import migrate
from db.measurement import retention
from db.pool import acquire, create_pool
from tests.integration.db.test_migrate_command import bare_url

__all__ = ["bare_url"]

SPLIT = 24
"""The first migration of the release that has days."""
FILL = """
    INSERT INTO agent_metrics (metric_type, channel, value, recorded_at)
    SELECT 'sentiment', 'email', 1, now() - n * interval '1 day' FROM generate_series(1, 180) n"""
METRIC = "INSERT INTO agent_metrics (metric_type, channel, value) VALUES ('sentiment', 'email', 2)"


@pytest.fixture
def older_release(tmp_path: Path) -> Path:
    """The migrations before there were days of metrics."""
    for migration in migrate.load():
        if migration.version < SPLIT:
            shutil.copy(migrate.MIGRATIONS / f"{migration.name}.sql", tmp_path)
    return tmp_path


async def written_until(dsn: str, done: asyncio.Event) -> int:
    """Record metrics, one after the other, as turns do; returns how many."""
    connection = await asyncpg.connect(dsn)
    count = 0
    while not done.is_set():
        await connection.execute(METRIC)
        count += 1
    await connection.close()
    return count


async def test_d3_metrics_go_on_while_their_table_becomes_days(bare_url: str, older_release: Path) -> None:
    await migrate.migrate(bare_url, folder=older_release)
    connection = await asyncpg.connect(bare_url)
    await connection.execute(FILL)
    done = asyncio.Event()
    writer = asyncio.create_task(written_until(bare_url, done))
    await migrate.migrate(bare_url)
    done.set()
    written = await writer
    assert await connection.fetchval("SELECT count(*) FROM agent_metrics WHERE value = 1") == 180
    assert await connection.fetchval("SELECT count(*) FROM agent_metrics WHERE value = 2") == written
    assert await connection.fetchval("SELECT count(DISTINCT id) FROM agent_metrics") == 180 + written
    await connection.close()


async def test_d7_metrics_of_before_go_by_time(bare_url: str, older_release: Path) -> None:
    await migrate.migrate(bare_url, folder=older_release)
    await migrate.migrate(bare_url)
    pool = await create_pool(bare_url, size=1)
    before = datetime.now(UTC) - timedelta(days=90)
    async with acquire(pool) as connection:
        await connection.execute(FILL)
        steps = [await retention.delete_stray_metrics(connection, before=before, limit=60) for _ in range(3)]
        left = await connection.fetchval("SELECT count(*) FROM agent_metrics")
    await pool.close()
    assert (steps, left) == ([60, 30, 0], 90)
