"""PostgreSQL is backed up and restored as docs/deployment.md and the runbook say: a dump, and to a point in time."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from db import migrate
from db.pool import create_pool
from ingest.events import InboundMessage
from serve_app.embedded.base.accounts import as_account, server_account
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.parts.postgres import DATABASE, EmbeddedPostgres
from serve_app.embedded.parts.postgres_binaries import bin_dir
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually

RECOVERY = """
restore_command = 'cp "{archive}/%f" "%p"'
recovery_target_time = '{until}'
recovery_target_action = 'promote'
"""
ARCHIVING = """
archive_mode = on
archive_command = 'test ! -f "{archive}/%f" && cp "%p" "{archive}/%f"'
wal_level = replica
"""


class Machine:
    """A PostgreSQL of this test's own, with an archive of its log beside it."""

    def __init__(self, path: Path) -> None:
        self.data_dir = DataDir(path)
        self.data_dir.prepare()
        self.account = server_account()
        self.programs = bin_dir(self.account, copies=path)
        self.server = EmbeddedPostgres(self.data_dir)
        self.pgdata = self.data_dir.postgres / "data"
        self.archive, self.backup = self.data_dir.postgres / "archive", self.data_dir.postgres / "backup"

    def configure(self, text: str) -> None:
        """Add lines to the server's configuration and start it with them."""
        self.server.stop()
        with (self.pgdata / "postgresql.conf").open("a") as conf:
            conf.write(text)
        self.server.start()

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run a program of PostgreSQL's against the server, as the server's account."""
        command = [str(self.programs / program), "-h", "127.0.0.1", "-p", str(self.server.port), "-U", "nightdesk"]
        password = self.data_dir.secret("postgres_password")
        subprocess.run(
            [*command, *map(str, arguments)], check=True, cwd="/", capture_output=True, timeout=120,
            env={"PATH": os.defpath, "PGPASSWORD": password}, **as_account(self.account),
        )  # fmt: skip

    def give(self, path: Path) -> None:
        """Hand a file or folder to the server's account."""
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    @asynccontextmanager
    async def store(self, database: str = DATABASE) -> AsyncIterator[Store]:
        """Customers and a pipeline over one of the databases."""
        pool = await create_pool(self.server.dsn(database), size=4)
        try:
            yield Store(pool)
        finally:
            await pool.close()


@pytest.fixture
def machine() -> Iterator[Machine]:
    path = Path(tempfile.mkdtemp(prefix="nd-restore-"))
    made = Machine(path)
    made.server.start()
    try:
        yield made
    finally:
        made.server.stop()
        shutil.rmtree(path, ignore_errors=True)


@pytest.mark.full
async def test_x3_a_lost_disk_is_restored_to_a_point_in_time(machine: Machine) -> None:
    machine.archive.mkdir()
    machine.give(machine.archive)
    machine.configure(ARCHIVING.format(archive=machine.archive))
    await migrate.migrate(machine.server.dsn())
    async with machine.store() as store:
        await store.pipeline().handle(await store.form("Before the backup", email="first@example.com"))
        machine.run("pg_basebackup", "-D", machine.backup, "--checkpoint=fast", "--wal-method=none")
        await store.pipeline().handle(await store.form("After the backup", email="second@example.com"))
        await store.form("Still waiting", email="third@example.com")
        until: datetime = await store.value("SELECT clock_timestamp()")
        await store.form("A mistake of ours, to be undone", email="fourth@example.com")
        await _all_is_archived(store)

    machine.server.stop()
    shutil.rmtree(machine.pgdata)
    machine.backup.rename(machine.pgdata)
    (machine.pgdata / "recovery.signal").touch()
    machine.give(machine.pgdata / "recovery.signal")
    machine.configure(RECOVERY.format(archive=machine.archive, until=until.isoformat()))

    async with machine.store() as store:
        await eventually(lambda: store.value("SELECT NOT pg_is_in_recovery()"))
        kept = await store.rows("SELECT sender_key FROM inbox ORDER BY received_at")
        assert [row["sender_key"] for row in kept] == [f"email:{n}@example.com" for n in ("first", "second", "third")]
        assert not (await migrate.compare(machine.server.dsn())).pending
        await _goes_on(store, waiting="third@example.com")


@pytest.mark.full
async def test_x3_a_dump_replaces_a_later_database(machine: Machine) -> None:
    """Of what was made after it nothing stays: a table of a later release would stop that release's migrations."""
    await migrate.migrate(machine.server.dsn())
    dump = machine.data_dir.postgres / "nightdesk.dump"
    async with machine.store() as store:
        await store.pipeline().handle(await store.form("Before the dump", email="first@example.com"))
        await store.form("Still waiting", email="third@example.com")
        machine.run("pg_dump", "-Fc", "-f", dump, DATABASE)
        before = await _counts(store)
        await store.form("After the dump", email="second@example.com")
        await store.execute("CREATE TABLE of_a_later_release ()")
    await _a_role_that_owns_only_its_database_restores(machine, dump, before)
    machine.run("dropdb", "--force", DATABASE)
    machine.run("createdb", DATABASE)
    machine.run("pg_restore", "--exit-on-error", "-d", DATABASE, dump)
    async with machine.store() as store:
        assert await _counts(store) == before
        assert await store.value("SELECT to_regclass('of_a_later_release')") is None
        assert not (await migrate.compare(machine.server.dsn())).pending
        await _goes_on(store, waiting="third@example.com")


async def _a_role_that_owns_only_its_database_restores(machine: Machine, dump: Path, before: dict[str, int]) -> None:
    """As on a server of one's own, where a superuser has made the extension."""
    machine.run("createuser", "owner_only")
    machine.run("createdb", "--owner=owner_only", "elsewhere")
    superuser = await asyncpg.connect(machine.server.dsn("elsewhere"))
    await superuser.execute("CREATE EXTENSION vector")
    await superuser.close()
    as_owner = ("--role=owner_only", "--no-owner", "--no-comments")
    machine.run("pg_restore", "--exit-on-error", *as_owner, "-d", "elsewhere", dump)
    async with machine.store("elsewhere") as store:
        assert await _counts(store) == before


async def _goes_on(store: Store, *, waiting: str) -> None:
    """Answer who waits and somebody new, as the sweeper's and the form's records would have it."""
    payload = await store.value("SELECT payload FROM inbox WHERE sender_key = $1", f"email:{waiting}")
    pipeline = store.pipeline()
    assert await pipeline.handle(InboundMessage.model_validate(payload)) == "answered"
    assert await pipeline.handle(await store.form("Somebody new", email="new@example.com")) == "answered"
    assert await store.violations() == {}


async def _all_is_archived(store: Store) -> None:
    last = await store.value("SELECT pg_walfile_name(pg_switch_wal())")
    await eventually(lambda: store.value("SELECT last_archived_wal >= $1 FROM pg_stat_archiver", last))


async def _counts(store: Store) -> dict[str, int]:
    tables = await store.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return {row["tablename"]: await store.value(f'SELECT count(*) FROM "{row["tablename"]}"') for row in tables}
