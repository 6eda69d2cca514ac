"""Ordered migrations in plain SQL with checksums (the file format's idea is dbmate's: one file, one version)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from db.sql import statements

if TYPE_CHECKING:
    _Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

MIGRATIONS = Path(__file__).parent / "migrations"
CODE_VERSION = 1
_LOCK = 7_301_884_215
_SQL = statements(__file__)
_REFUSALS = (asyncpg.PostgresError, asyncpg.InterfaceError)


class MigrationError(Exception):
    """The database's history and ours differ: nothing was changed; a person has to look."""


class DatabaseRefusedError(Exception):
    """The server lets nobody in (no such database, a wrong password) or refuses a file: that file left nothing behind,
    those before it are applied. Once a person has put it right, the same call goes on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file: its version is the number that its name begins with."""

    version: int
    name: str
    body: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, in hex."""
        return hashlib.sha256(self.body.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a database stands to a folder: what it lacks, in order, and the names of what only a newer release knows."""

    pending: tuple[Migration, ...]
    ahead: tuple[str, ...]


def load(folder: Path = MIGRATIONS) -> list[Migration]:
    """Return the migrations of a folder in order. Raises MigrationError when a version stands twice."""
    found = [
        Migration(version=int(path.name.split("_", 1)[0]), name=path.stem, body=path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.sql"))
    ]
    if len({migration.version for migration in found}) != len(found):
        raise MigrationError(f"two migrations in {folder.name}/ carry the same number: renumber the newer one")
    return found


def _silently(name: str) -> None:
    """Tell nobody."""


async def migrate(dsn: str, *, folder: Path = MIGRATIONS, applied: Callable[[str], None] = _silently) -> list[str]:
    """Bring the database up to date and return the names of what was applied (empty when nothing was due).

    Each name goes to `applied` as soon as it is committed. Raises MigrationError, DatabaseRefusedError, and OSError
    where nobody answers.
    """
    async with _connected(dsn) as connection:
        await _lock(connection)
        await connection.execute(_SQL["create_ledger"])
        due = (await _compared(connection, load(folder))).pending
        for migration in due:
            await _apply(connection, migration)
            applied(migration.name)
    return [migration.name for migration in due]


async def compare(dsn: str, *, folder: Path = MIGRATIONS) -> Standing:
    """Return how the database stands to a folder; nothing is written and nobody is waited for. Raises as `migrate`."""
    async with _connected(dsn) as connection:
        if await connection.fetchval(_SQL["has_ledger"]):
            return await _compared(connection, load(folder))
    return Standing(pending=tuple(load(folder)), ahead=())


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[_Connection]:
    try:
        connection = await _connect(dsn)
        try:
            yield connection
        finally:
            await connection.close()
    except _REFUSALS as error:
        raise DatabaseRefusedError(f"the database refuses: {error}") from error


async def _connect(dsn: str) -> _Connection:
    try:
        return await asyncpg.connect(dsn, timeout=10)
    except asyncpg.InterfaceError:
        raise
    except ValueError as error:  # its words may quote the password
        raise DatabaseRefusedError("the address of the database can't be read") from error


async def _lock(connection: _Connection) -> None:
    # Polled: a blocking lock deadlocks with CREATE INDEX CONCURRENTLY, which waits for every older transaction.
    while not await connection.fetchval(_SQL["try_lock"], _LOCK):  # noqa: ASYNC110
        await asyncio.sleep(0.2)


async def _compared(connection: _Connection, known: Sequence[Migration]) -> Standing:
    await _refuse_newer_database(connection)
    rows = {row["version"]: row for row in await connection.fetch(_SQL["applied"])}
    for migration in known:
        if migration.version in rows:
            _refuse_changed(migration, rows[migration.version]["checksum"])
    versions = {migration.version for migration in known}
    return Standing(
        pending=tuple(migration for migration in known if migration.version not in rows),
        ahead=tuple(row["name"] for version, row in rows.items() if version not in versions),
    )


async def _apply(connection: _Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.body)
            await connection.execute(_SQL["record"], migration.version, migration.name, migration.checksum)
    except _REFUSALS as error:
        raise DatabaseRefusedError(f"the database refuses {migration.name}: {error}") from error


async def _refuse_newer_database(connection: _Connection) -> None:
    needed = await connection.fetchval(_SQL["min_code_version"])
    if needed > CODE_VERSION:
        raise MigrationError(
            f"this database needs code version {needed} and this is {CODE_VERSION}: start the newer release"
        )


def _refuse_changed(migration: Migration, checksum: str) -> None:
    if migration.checksum != checksum:
        raise MigrationError(
            f"migration {migration.name} was changed after it was applied: restore the file, add a new one instead"
        )
