"""What a command does in a product's store, over one connection that is closed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from db.pool import Connection, DatabaseUnavailableError, Pool, create_pool, transaction
from serve_app.embedded.base.errors import NotRunningError

T = TypeVar("T")


async def with_pool(database_url: str, work: Callable[[Pool], Awaitable[T]], *, read_only: bool = False) -> T:
    """Do `work` with a pool of one connection. Raises DatabaseUnavailableError."""
    pool = await create_pool(database_url, size=1, read_only=read_only)
    try:
        return await work(pool)
    finally:
        await pool.close()


def in_store(database_url: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do `work` in one transaction. Raises NotRunningError."""

    async def done(pool: Pool) -> T:
        async with transaction(pool) as connection:
            return await work(connection)

    try:
        return asyncio.run(with_pool(database_url, done))
    except DatabaseUnavailableError as error:
        raise NotRunningError(f"{error}: start it with `nightdesk up`.") from None
