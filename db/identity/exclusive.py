"""Work on a customer as a whole (a merge, an erasure) beside everybody who writes to him at that moment.

Such work waits for its like and for the customers, and for nothing else: where somebody else holds a row that it needs
(a turn, a delivery, a person), it lets go of everything and begins again. So it can't be part of a deadlock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from db.pool import Connection, DatabaseUnavailableError
from db.sql import statements

ATTEMPTS = 60
PAUSE_S = 0.02
_LOCK = 7_301_884_216
_SQL = statements(__file__)
T = TypeVar("T")


class CustomerBusyError(DatabaseUnavailableError):
    """Others kept writing to the customer: nothing was changed, try again in a moment."""


async def exclusively(connection: Connection, work: Callable[[], Awaitable[T]]) -> T:
    """Do it in a transaction, again from the beginning while somebody else holds a row that it needs.

    `work` takes its rows NOWAIT, the customers apart. Raises CustomerBusyError.
    """
    for attempt in range(ATTEMPTS):
        try:
            async with connection.transaction():
                await connection.execute(_SQL["one_at_a_time"], _LOCK)
                return await work()
        except (asyncpg.LockNotAvailableError, asyncpg.UniqueViolationError):
            await asyncio.sleep(PAUSE_S * (1 + attempt % 5))
    raise CustomerBusyError("others keep writing to this customer")
