"""Ordered migrations in plain SQL with checksums, one file per version as in dbmate."""

from __future__ import annotations

import asyncio
import hashlib
import re
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
_ADVISORY_LOCK = 7_301_884_215
_SQL = statements(__file__)
_OUTSIDE = "-- migrate:up transaction:false\n"
_STATEMENT_END = re.compile(r";$", re.MULTILINE)
_DROPS_INDEX = re.compile(r"^DROP INDEX\b", re.MULTILINE)
_DATABASE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError)


class MigrationError(Exception):
    """The migrations and those applied to the database disagree: nothing was changed, the message says what to do."""


class DatabaseRefusedError(Exception):
    """PostgreSQL refused the connection (no such database, a wrong password) or a migration.

    That migration was rolled back, those before it are committed; calling again continues from there. One outside of a
    transaction may be half applied, and is continued with the statement that was not done.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A migration file; its version is the number that its name begins with."""

    version: int
    name: str
    body: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, in hex."""
        return hashlib.sha256(self.body.encode()).hexdigest()

    @property
    def in_transaction(self) -> bool:
        """False for a file that begins with `-- migrate:up transaction:false`, for CREATE INDEX CONCURRENTLY."""
        return not self.body.startswith(_OUTSIDE)

    @property
    def statements(self) -> list[str]:
        """The file's statements one by one; each ends with a semicolon at the end of a line."""
        return [statement for statement in _STATEMENT_END.split(self.body) if statement.strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStatus:
    """The pending migrations of a folder, in order, and the names of applied ones that only a newer release has."""

    pending: tuple[Migration, ...]
    ahead: tuple[str, ...]


def load(folder: Path = MIGRATIONS) -> list[Migration]:
    """Return the migrations of a folder in order. Raises MigrationError when two have the same version."""
    found = [
        Migration(version=int(path.name.split("_", 1)[0]), name=path.stem, body=path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.sql"))
    ]
    if len({migration.version for migration in found}) != len(found):
        raise MigrationError(f"two migrations in {folder.name}/ carry the same number: renumber the newer one")
    return found


async def migrate(
    dsn: str, *, folder: Path = MIGRATIONS, applied: Callable[[str], None] = lambda name: None
) -> list[str]:
    """Apply the pending migrations and return their names, in order.

    `applied` is called with each name once it is committed. Raises MigrationError, DatabaseRefusedError, and OSError
    when the server does not answer.
    """
    async with _connection(dsn) as connection:
        # Polled: a blocking lock deadlocks with CREATE INDEX CONCURRENTLY, which waits for every older transaction.
        while not await connection.fetchval(_SQL["try_lock"], _ADVISORY_LOCK):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await connection.execute(_SQL["create_migration_tables"])
        pending = (await _status(connection, load(folder))).pending
        for migration in pending:
            await _apply(connection, migration)
            applied(migration.name)
    return [migration.name for migration in pending]


async def compare(dsn: str, *, folder: Path = MIGRATIONS) -> SchemaStatus:
    """Return what the database lacks of a folder's migrations, without locks or writes. Raises as `migrate`."""
    async with _connection(dsn) as connection:
        if await connection.fetchval(_SQL["has_migration_tables"]):
            return await _status(connection, load(folder))
    return SchemaStatus(pending=tuple(load(folder)), ahead=())


@asynccontextmanager
async def _connection(dsn: str) -> AsyncIterator[_Connection]:
    try:
        connection = await _connect(dsn)
        try:
            yield connection
        finally:
            await connection.close()
    except _DATABASE_ERRORS as error:
        raise DatabaseRefusedError(f"the database refuses: {error}") from error


async def _connect(dsn: str) -> _Connection:
    try:
        return await asyncpg.connect(dsn, timeout=10)
    except asyncpg.InterfaceError:
        raise
    except ValueError as error:  # its message may quote the password
        raise DatabaseRefusedError("the address of the database can't be read") from error


async def _status(connection: _Connection, known: Sequence[Migration]) -> SchemaStatus:
    await _refuse_newer_database(connection)
    rows = {row["version"]: row for row in await connection.fetch(_SQL["list_applied"])}
    for migration in known:
        if migration.version in rows:
            _refuse_changed(migration, rows[migration.version]["checksum"])
    versions = {migration.version for migration in known}
    return SchemaStatus(
        pending=tuple(migration for migration in known if migration.version not in rows),
        ahead=tuple(row["name"] for version, row in rows.items() if version not in versions),
    )


async def _apply(connection: _Connection, migration: Migration) -> None:
    try:
        if migration.in_transaction:
            async with connection.transaction():
                await connection.execute(migration.body)
                await _record(connection, migration)
        else:
            await _apply_outside(connection, migration)
    except _DATABASE_ERRORS as error:
        raise DatabaseRefusedError(f"the database refuses {migration.name}: {error}") from error


async def _apply_outside(connection: _Connection, migration: Migration) -> None:
    """Execute what is not done of a migration, statement by statement.

    A dropped index does not count as done until it is made: of an interrupted CREATE INDEX CONCURRENTLY an index
    remains that is not valid, so continuing begins with the DROP INDEX before it.
    """
    done = await connection.fetchval(_SQL["statements_done"], migration.version, migration.checksum) or 0
    for number, statement in enumerate(migration.statements[done:], done + 1):
        await connection.execute(statement)
        if not _DROPS_INDEX.search(statement):
            await connection.execute(_SQL["record_progress"], migration.version, migration.checksum, number)
    async with connection.transaction():
        await _record(connection, migration)
        await connection.execute(_SQL["forget_progress"], migration.version)


async def _record(connection: _Connection, migration: Migration) -> None:
    await connection.execute(_SQL["record_applied"], migration.version, migration.name, migration.checksum)


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
