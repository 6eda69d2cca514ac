"""The connection pool, and the two ways in which the database says that it is away."""

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
_AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    # Seen in place of a lost connection when the server is killed in the middle of an answer.
    asyncpg.InternalClientError,
    TimeoutError,
)


class DatabaseUnavailableError(Exception):
    """The database can't be reached or went away meanwhile: nothing was acknowledged, try again later."""


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    await register_vector(connection)


async def create_pool(dsn: str, *, size: int = 5, min_size: int = 1, read_only: bool = False) -> Pool:
    """Open a pool of at most `size` connections; with `read_only` the server refuses every write over them.

    Raises DatabaseUnavailableError when nobody answers.
    """
    options = {"application_name": "nightdesk", "hnsw.iterative_scan": "relaxed_order"}
    with_database = asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=size,
        command_timeout=COMMAND_TIMEOUT_S,
        timeout=5.0,
        init=_prepare,
        server_settings=options | ({"default_transaction_read_only": "on"} if read_only else {}),
    )
    try:
        return await with_database
    except _AWAY as error:
        raise DatabaseUnavailableError(f"PostgreSQL does not answer: {error}") from error


@asynccontextmanager
async def acquire(pool: Pool, *, timeout: float = 5.0) -> AsyncIterator[Connection]:
    """Borrow a connection. Raises DatabaseUnavailableError when none can be had or it breaks in use."""
    try:
        async with pool.acquire(timeout=timeout) as connection:
            yield connection
    except _AWAY as error:
        raise DatabaseUnavailableError(f"PostgreSQL does not answer: {error}") from error


@asynccontextmanager
async def transaction(pool: Pool, *, timeout: float = 5.0) -> AsyncIterator[Connection]:
    """Borrow a connection inside a transaction: all or nothing. Errors as `connection`."""
    async with acquire(pool, timeout=timeout) as connection, connection.transaction():
        yield connection
