"""D2: indexes of tables that exist are made while others write, and an interrupted migration goes on where it was."""

from __future__ import annotations

import asyncio
import re
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from db import migrate
from serve_app.embedded.parts.postgres import EmbeddedPostgres
from tests.fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(600)
FROM = 20
"""Earlier files made indexes inside a transaction. They are applied everywhere and may not be edited."""
_CREATES = re.compile(
    r"^CREATE (?:UNIQUE )?INDEX (?P<how>CONCURRENTLY )?(?P<name>\w+)\s+ON (?P<table>\w+)", re.MULTILINE
)
_MIGRATES = """
import asyncio, sys
from pathlib import Path
from db import migrate
asyncio.run(migrate.migrate(sys.argv[1], folder=Path(sys.argv[2])))
"""
TWO = """-- migrate:up transaction:false
DROP INDEX CONCURRENTLY IF EXISTS first_a;
CREATE INDEX CONCURRENTLY first_a ON first (a);
DROP INDEX CONCURRENTLY IF EXISTS second_a;
CREATE INDEX CONCURRENTLY second_a ON second (a);
"""


@pytest.mark.parametrize("migration", [m for m in migrate.load() if m.version >= FROM], ids=lambda m: m.name)
def test_d2_an_index_of_a_table_that_exists_is_made_concurrently(migration: migrate.Migration) -> None:
    created = set(re.findall(r"^CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)", migration.body, re.MULTILINE))
    for found in _CREATES.finditer(migration.body):
        if found["table"] in created:
            continue
        assert found["how"], f"{migration.name}: CREATE INDEX {found['name']} stops all writing to {found['table']}"
        before = migration.body[: found.start()]
        assert f"DROP INDEX CONCURRENTLY IF EXISTS {found['name']};" in before, (
            f"{migration.name}: an interrupted {found['name']} remains, not valid"
        )


@pytest.fixture
def bare_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """An empty database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run(postgres_server.dsn("postgres"), f"CREATE DATABASE {name}")
    yield postgres_server.dsn(name)
    _run(postgres_server.dsn("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


def _run(dsn: str, statement: str) -> None:
    async def once() -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(once())


async def test_d2_a_migration_that_is_killed_half_way_goes_on_with_the_index_that_it_was_making(
    bare_url: str, tmp_path: Path
) -> None:
    (tmp_path / "0001_tables.sql").write_text("CREATE TABLE first (a integer); CREATE TABLE second (a integer);\n")
    await migrate.migrate(bare_url, folder=tmp_path)
    (tmp_path / "0002_indexes.sql").write_text(TWO)
    writer, reader = await asyncpg.connect(bare_url), await asyncpg.connect(bare_url)
    try:
        writing = writer.transaction()
        await writing.start()
        await writer.execute("INSERT INTO second VALUES (1)")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _MIGRATES, bare_url, str(tmp_path), cwd=Path(__file__).parents[3]
        )
        waits = (
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%CONCURRENTLY second_a%'"
        )
        await eventually(lambda: reader.fetchval(waits))
        first = await reader.fetchval("SELECT 'first_a'::regclass::oid")
        process.kill()
        await process.wait()
        await reader.execute(f"SELECT pg_terminate_backend(pid) FROM ({waits}) AS its (pid)")
        await writing.commit()
        assert await reader.fetchval("SELECT NOT indisvalid FROM pg_index WHERE indexrelid = 'second_a'::regclass")
        assert await migrate.migrate(bare_url, folder=tmp_path) == ["0002_indexes"]
        assert await reader.fetchval(
            "SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid IN ('first_a'::regclass, 'second_a'::regclass)"
        )
        assert await reader.fetchval("SELECT 'first_a'::regclass::oid") == first, "what was done is done again"
        assert await reader.fetchval("SELECT count(*) FROM migration_progress") == 0
    finally:
        await writer.close()
        await reader.close()


async def test_d2_a_file_that_was_changed_meanwhile_begins_anew(bare_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_tables.sql").write_text("CREATE TABLE first (a integer); CREATE TABLE second (b integer);\n")
    (tmp_path / "0002_indexes.sql").write_text(TWO)
    with pytest.raises(migrate.DatabaseRefusedError, match='column "a" does not exist'):
        await migrate.migrate(bare_url, folder=tmp_path)
    mended = TWO.replace("second (a)", "second (b)").replace("first (a)", "first (a DESC)")
    (tmp_path / "0002_indexes.sql").write_text(mended)
    assert await migrate.migrate(bare_url, folder=tmp_path) == ["0002_indexes"]
    connection = await asyncpg.connect(bare_url)
    assert "a DESC" in await connection.fetchval("SELECT pg_get_indexdef('first_a'::regclass)")
    await connection.close()
