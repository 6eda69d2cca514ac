"""The identity node: resolves wake events to customers and opens their turns."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from db.pool import Pool, transaction
from db.records import Turn
from db.turns import leases, open_turn


class IdentityNode:
    """Leases customers and reads their turns, a batch of wake events in two statements."""

    def __init__(self, *, pool: Pool) -> None:
        self._pool = pool

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]:
        """Return the turns that these inbox rows open, keyed by the row; `holder` becomes the leases' holder.

        A row opens no turn when its customer has nothing due, or has a turn in progress: then the holder of that turn
        answers the message, or the sweeper wakes it once the lease has lapsed. Raises DatabaseUnavailableError.
        """
        async with transaction(self._pool) as connection:
            taken = await leases.take(connection, inbox_ids, holder)
            if not taken:
                return {}
            turns = {turn.customer_id: turn for turn in await open_turn.open_turns(connection, list(taken.values()))}
            idle = [lease for lease in taken.values() if lease.customer_id not in turns]
            if idle:
                await leases.release(connection, idle)
        return {row: turns[lease.customer_id] for row, lease in taken.items() if lease.customer_id in turns}

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()
