"""D3: `nightdesk migrate` over a real PostgreSQL: what is pending is applied or only shown."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from db import migrate
from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.processes import ProcessRecord, identity_of
from serve_app.embedded.base.run_file import RunFile
from serve_app.embedded.parts.postgres import EmbeddedPostgres

FILES = [f"{migration.name}.sql" for migration in migrate.load()]


def nightdesk(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `nightdesk migrate ARGUMENTS` away from any `.env`."""
    with tempfile.TemporaryDirectory() as elsewhere:
        return subprocess.run(
            [sys.executable, "-m", "serve_app.cli.main", "migrate", "--schema-only", *arguments],
            cwd=elsewhere,
            env={"PATH": os.defpath, "PYTHONPATH": str(Path(__file__).parents[3]), **environment},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )


def result_of(done: subprocess.CompletedProcess[str]) -> tuple[int, list[str], str]:
    """Exit code, lines of output, errors."""
    return done.returncode, done.stdout.splitlines(), done.stderr


def ask(dsn: str, query: str) -> object:
    """Run one statement; returns its value."""

    async def once() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(once())


@pytest.fixture
def bare_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """An empty database, without a schema."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    ask(postgres_server.dsn("postgres"), f"CREATE DATABASE {name}")
    yield postgres_server.dsn(name)
    ask(postgres_server.dsn("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def all_but_the_last(tmp_path: Path) -> Path:
    """The migrations of an earlier release."""
    for path in sorted(migrate.MIGRATIONS.glob("*.sql"))[:-1]:
        shutil.copy(path, tmp_path)
    return tmp_path


def test_d3_an_empty_database_gets_every_file_once(bare_url: str) -> None:
    assert result_of(nightdesk(DATABASE_URL=bare_url)) == (0, [f"applied {name}" for name in FILES], "")
    assert result_of(nightdesk(DATABASE_URL=bare_url)) == (0, ["nothing to do"], "")
    assert result_of(nightdesk("--check", DATABASE_URL=bare_url)) == (0, ["nothing to do"], "")
    assert ask(bare_url, "SELECT count(*) FROM schema_migrations") == len(FILES)


def test_d3_check_applies_nothing_and_writes_nothing(bare_url: str) -> None:
    assert result_of(nightdesk("--check", DATABASE_URL=bare_url)) == (1, [f"pending {name}" for name in FILES], "")
    assert ask(bare_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_d3_only_what_is_pending_is_applied(bare_url: str, all_but_the_last: Path) -> None:
    asyncio.run(migrate.migrate(bare_url, folder=all_but_the_last))
    assert result_of(nightdesk("--check", DATABASE_URL=bare_url)) == (1, [f"pending {FILES[-1]}"], "")
    assert result_of(nightdesk(DATABASE_URL=bare_url)) == (0, [f"applied {FILES[-1]}"], "")


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_d3_a_database_that_needs_newer_code_is_refused_in_one_line(database_url: str, arguments: list[str]) -> None:
    ask(database_url, "UPDATE schema_state SET min_code_version = 2")
    line = "error: this database needs code version 2 and this is 1: start the newer release.\n"
    assert result_of(nightdesk(*arguments, DATABASE_URL=database_url)) == (1, [], line)


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_d3_a_database_ahead_of_this_code_is_reported_and_left_unchanged(
    database_url: str, arguments: list[str]
) -> None:
    ask(database_url, "INSERT INTO schema_migrations (version, name, checksum) VALUES (9001, '9001_later', 'x')")
    line = "nothing to do: the database is ahead of this release by 9001_later"
    assert result_of(nightdesk(*arguments, DATABASE_URL=database_url)) == (0, [line], "")


def test_d3_a_file_that_was_changed_is_refused_before_anything_is_applied(
    bare_url: str, all_but_the_last: Path
) -> None:
    asyncio.run(migrate.migrate(bare_url, folder=all_but_the_last))
    ask(bare_url, "UPDATE schema_migrations SET checksum = 'other' WHERE version = 14")
    code, out, err = result_of(nightdesk(DATABASE_URL=bare_url))
    assert (code, out, err.count("\n")) == (1, [], 1)
    assert err.startswith("error: migration 0014_indexes was changed after it was applied")


def test_d3_a_failing_migration_is_rolled_back_and_can_be_repeated(bare_url: str) -> None:
    ask(bare_url, "CREATE TABLE inbox (stranger int)")
    code, out, err = result_of(nightdesk(DATABASE_URL=bare_url))
    assert (code, out, err.count("\n")) == (1, [f"applied {FILES[0]}"], 1)
    assert err.startswith('error: the database refuses 0002_pipeline: relation "inbox" already exists')
    ask(bare_url, "DROP TABLE inbox")
    assert result_of(nightdesk(DATABASE_URL=bare_url)) == (0, [f"applied {name}" for name in FILES[1:]], "")


def test_d3_an_interrupted_migration_outside_of_a_transaction_begins_anew(bare_url: str, tmp_path: Path) -> None:
    """It makes its indexes while others write; of an interrupted one a part remains, and it is not recorded."""
    (tmp_path / "0001_table.sql").write_text("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1);\n")
    outside = """-- migrate:up transaction:false
-- An index that a duplicate stops.
DROP INDEX CONCURRENTLY IF EXISTS t_a;
CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);
"""
    (tmp_path / "0002_index.sql").write_text(outside)
    with pytest.raises(migrate.DatabaseRefusedError, match="0002_index"):
        asyncio.run(migrate.migrate(bare_url, folder=tmp_path))
    assert ask(bare_url, "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass")
    ask(bare_url, "DELETE FROM t")
    assert asyncio.run(migrate.migrate(bare_url, folder=tmp_path)) == ["0002_index"]
    assert ask(bare_url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass")


def test_d3_two_at_once_apply_each_file_once(bare_url: str) -> None:
    async def both() -> list[list[str]]:
        return await asyncio.gather(*(migrate.migrate(bare_url) for _ in range(2)))

    assert sorted(map(len, asyncio.run(both()))) == [0, len(FILES)]


def test_d3_a_database_that_is_not_there_is_one_line(postgres_server: EmbeddedPostgres) -> None:
    there = urlsplit(postgres_server.dsn())
    wrong = {
        postgres_server.dsn("nowhere"): 'error: the database refuses: database "nowhere" does not exist',
        there._replace(netloc="nobody:guessed@127.0.0.1:1").geturl(): "error: the database does not answer",
        there._replace(netloc="nobody:gue#ssed@127.0.0.1:1").geturl(): "error: the address of the database",
        there._replace(netloc=there.netloc.replace(there.password or "", "guessed")).geturl(): (
            "error: the database refuses: password authentication failed"
        ),
    }
    for url, line in wrong.items():
        code, out, err = result_of(nightdesk(DATABASE_URL=url))
        assert (code, out, err.count("\n")) == (1, [], 1)
        assert err.startswith(line)
        assert "ssed" not in err


def test_d3_the_database_of_a_data_directory(bare_url: str, database_url: str, tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    assert nightdesk("--data-dir", str(data_dir.path), DATABASE_URL=bare_url).returncode == 3
    data_dir.path.mkdir()
    me = ProcessRecord(name="supervisor", pid=os.getpid(), identity=identity_of(os.getpid()) or "")
    run = RunFile(supervisor=me, data_dir=str(data_dir.path), started_at="", url="")
    run_file.save(data_dir, run)
    code, out, err = result_of(nightdesk("--data-dir", str(data_dir.path)))
    assert (code, out) == (3, [])
    assert err.startswith("error: the product is starting")
    run_file.save(data_dir, replace(run, database_url=database_url))
    named = nightdesk("--data-dir", str(data_dir.path), DATABASE_URL=bare_url)
    assert result_of(named) == (0, ["nothing to do"], "")
