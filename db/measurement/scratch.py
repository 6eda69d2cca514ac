"""A scratch database for a measurement, on the product's server and dropped afterwards."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from db import migrate
from db.sql import statements

_SQL = statements(__file__)


class ScratchRefusedError(Exception):
    """The role may not create databases: measure on the embedded PostgreSQL, or grant CREATEDB."""


@asynccontextmanager
async def scratch_database(dsn: str) -> AsyncIterator[str]:
    """Yield the DSN of an empty, migrated database on the same server; it is dropped afterwards.

    Raises ScratchRefusedError.
    """
    name = f"nightdesk_scratch_{uuid.uuid4().hex[:12]}"
    server = await asyncpg.connect(dsn, timeout=10)
    try:
        try:
            await _execute(server, "create", name)
        except asyncpg.InsufficientPrivilegeError as error:
            raise ScratchRefusedError("may not create a database") from error
        try:
            scratch = urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
            await migrate.migrate(scratch)
            yield scratch
        finally:
            await _execute(server, "drop", name)
    finally:
        await server.close()


async def _execute(server: asyncpg.Connection[asyncpg.Record], what: str, name: str) -> None:
    # A database's name can be no parameter: PostgreSQL quotes it into the command.
    await server.execute(await server.fetchval(_SQL[what], name))
