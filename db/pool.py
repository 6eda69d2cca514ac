"""The connection pool. Every way in which the database can be unreachable becomes DatabaseUnavailableError."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
from pgvector.asyncpg import register_vector

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.pool.PoolConnectionProxy
    Pool = asyncpg.Pool

COMMAND_TIMEOUT_S = 10.0
_UNAVAILABLE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    # asyncpg raises it instead of a connection error when the server is killed in the middle of an answer.
    asyncpg.InternalClientError,
    TimeoutError,
)


class DatabaseUnavailableError(Exception):
    """The database can't be reached or the connection broke: nothing was acknowledged, try again later."""


async def create_pool(
    dsn: str, *, size: int = 5, min_size: int = 1, read_only: bool = False, stateless: bool = False
) -> Pool:
    """Open a pool of at most `size` connections; with `read_only` the server refuses writes on all of them.

    `stateless`: nothing that runs on it changes its session (settings, locks beyond a transaction), so that giving a
    connection back costs no round trip. jsonb columns are Python values, vectors numpy arrays. Raises
    DatabaseUnavailableError.
    """
    options = {"application_name": "nightdesk", "hnsw.iterative_scan": "relaxed_order"}
    opening = asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=size,
        command_timeout=COMMAND_TIMEOUT_S,
        timeout=5.0,
        init=_register_codecs,
        reset=_as_it_is if stateless else None,
        server_settings=options | ({"default_transaction_read_only": "on"} if read_only else {}),
    )
    try:
        return await opening
    except _UNAVAILABLE as error:
        raise DatabaseUnavailableError(f"PostgreSQL does not answer: {error}") from error


@asynccontextmanager
async def acquire(pool: Pool, *, timeout: float = 5.0) -> AsyncIterator[Connection]:
    """Yield a connection of the pool. Raises DatabaseUnavailableError when none is free in time or it breaks in use."""
    try:
        async with pool.acquire(timeout=timeout) as connection:
            yield connection
    except _UNAVAILABLE as error:
        raise DatabaseUnavailableError(f"PostgreSQL does not answer: {error}") from error


@asynccontextmanager
async def transaction(pool: Pool, *, timeout: float = 5.0) -> AsyncIterator[Connection]:
    """Yield a connection inside a transaction. Errors as `acquire`."""
    async with acquire(pool, timeout=timeout) as connection, connection.transaction():
        yield connection


async def _as_it_is(_connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Reset nothing. asyncpg itself has ended a transaction that was left open."""


async def _register_codecs(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    await register_vector(connection)
