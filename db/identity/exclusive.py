"""Transactions on a customer as a whole (merge, erasure), which can't be part of a deadlock.

They wait only for each other and for the rows of `customers`. All other rows are locked NOWAIT: while a turn, a
delivery or the staff hold one of them, the transaction is rolled back and repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from db.pool import Connection, DatabaseUnavailableError
from db.sql import statements

MAX_ATTEMPTS = 60
PAUSE_S = 0.02
_ADVISORY_LOCK = 7_301_884_216
_SQL = statements(__file__)
T = TypeVar("T")


class CustomerBusyError(DatabaseUnavailableError):
    """The customer's rows stayed locked by others: nothing was changed, try again in a moment."""


async def run_exclusively(connection: Connection, work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` in a transaction, repeated while others hold a row that it needs. Raises CustomerBusyError.

    `work` must lock its rows NOWAIT, except those of `customers`.
    """
    for attempt in range(MAX_ATTEMPTS):
        try:
            async with connection.transaction():
                await connection.execute(_SQL["lock_merges_and_erasures"], _ADVISORY_LOCK)
                return await work()
        except (asyncpg.LockNotAvailableError, asyncpg.UniqueViolationError):
            await asyncio.sleep(PAUSE_S * (1 + attempt % 5))
    raise CustomerBusyError("others keep writing to this customer")
