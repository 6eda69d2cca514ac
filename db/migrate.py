"""Ordered migrations in plain SQL with checksums (the file format's idea is dbmate's: one file, one version)."""

from __future__ import annotations

import asyncio
import hashlib
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


class MigrationError(Exception):
    """The database's history and ours differ: nothing was changed; a person has to look."""


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


def load(folder: Path = MIGRATIONS) -> list[Migration]:
    """Return the migrations of a folder in order. Raises MigrationError when a version stands twice."""
    found = [
        Migration(version=int(path.name.split("_", 1)[0]), name=path.stem, body=path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.sql"))
    ]
    if len({migration.version for migration in found}) != len(found):
        raise MigrationError(f"two migrations in {folder.name}/ carry the same number: renumber the newer one")
    return found


async def migrate(dsn: str, *, folder: Path = MIGRATIONS) -> list[str]:
    """Bring the database up to date and return the names of what was applied (empty when nothing was due)."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        await _lock(connection)
        return await _apply_due(connection, load(folder))
    finally:
        await connection.close()


async def _lock(connection: _Connection) -> None:
    # Polled: a blocking lock deadlocks with CREATE INDEX CONCURRENTLY, which waits for every older transaction.
    while not await connection.fetchval(statements("migrations")["try_lock"], _LOCK):  # noqa: ASYNC110
        await asyncio.sleep(0.2)


async def _apply_due(connection: _Connection, migrations: list[Migration]) -> list[str]:
    sql = statements("migrations")
    await connection.execute(sql["create_ledger"])
    await _refuse_newer_database(connection)
    applied = {row["version"]: row["checksum"] for row in await connection.fetch(sql["applied"])}
    names = []
    for migration in migrations:
        if migration.version in applied:
            _refuse_changed(migration, applied[migration.version])
            continue
        async with connection.transaction():
            await connection.execute(migration.body)
            await connection.execute(sql["record"], migration.version, migration.name, migration.checksum)
        names.append(migration.name)
    return names


async def _refuse_newer_database(connection: _Connection) -> None:
    needed = await connection.fetchval(statements("migrations")["min_code_version"])
    if needed > CODE_VERSION:
        raise MigrationError(
            f"this database needs code version {needed} and this is {CODE_VERSION}: start the newer release"
        )


def _refuse_changed(migration: Migration, checksum: str) -> None:
    if migration.checksum != checksum:
        raise MigrationError(
            f"migration {migration.name} was changed after it was applied: restore the file, add a new one instead"
        )
