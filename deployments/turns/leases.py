"""The leases of the turns that this process works on: kept alive together, handed back at the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from db.pool import DatabaseUnavailableError, Pool, acquire
from db.records import Lease
from db.turns import leases

RENEW_EVERY_S = 5.0
"""A third of a lease's 15 s (db.turns.leases): two renewals may fail before somebody else takes the turn."""


class TurnLeases:
    """Renews every lease that is held, in one statement each RENEW_EVERY_S seconds."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._held: dict[UUID, Lease] = {}
        self._renewal: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def held(self, lease: Lease) -> AsyncIterator[None]:
        """Keep a lease alive inside the block. One that a cancelled turn leaves stays held until `close`."""
        self._held[lease.customer_id] = lease
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(), name="lease-renewal")
        yield
        self._held.pop(lease.customer_id, None)

    async def close(self) -> None:
        """Hand back the leases of turns that were cut off, so that others need not wait for them to lapse."""
        if self._renewal is not None:
            self._renewal.cancel()
        await release(self._pool, list(self._held.values()))

    async def _renew(self) -> None:
        while self._held:
            await asyncio.sleep(RENEW_EVERY_S)
            with contextlib.suppress(DatabaseUnavailableError):
                async with acquire(self._pool) as connection:
                    await leases.renew(connection, list(self._held.values()))


async def release(pool: Pool, held: list[Lease]) -> None:
    """End leases at once; the sweeper wakes their turns. While the database is away they lapse by themselves."""
    with contextlib.suppress(DatabaseUnavailableError):
        async with acquire(pool) as connection:
            await leases.release(connection, held)
