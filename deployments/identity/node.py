"""The identity node: who woke us, whose turn it is, and what this sender may know."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from db.pool import Pool, transaction
from db.records import Turn
from db.turns import leases, open_turn


class Identity:
    """Leases customers and reads their turns: two statements for a whole list of wakes."""

    def __init__(self, *, pool: Pool) -> None:
        self._pool = pool

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]:
        """Return the turns that these wakes open, each by the one wake that opened it.

        A wake opens nothing when its customer has nothing due, or when a turn of that customer runs already: then its
        holder, or the sweeper once that lease has lapsed, sees the message. Raises DatabaseUnavailableError.
        """
        async with transaction(self._pool) as connection:
            taken = await leases.take(connection, inbox_ids, holder)
            if not taken:
                return {}
            turns = {turn.customer_id: turn for turn in await open_turn.open_turns(connection, list(taken.values()))}
            idle = [lease for lease in taken.values() if lease.customer_id not in turns]
            if idle:
                await leases.release(connection, idle)
        return {wake: turns[lease.customer_id] for wake, lease in taken.items() if lease.customer_id in turns}

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()
