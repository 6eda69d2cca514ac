"""A provider's limit on calls, shared by all replicas: they lease its time in portions from PostgreSQL.

A quota has a timeline, on which a second stands for `Limit.per_second` units. Each replica leases stretches of it,
which never overlap, and spends their units at their own times, or up to `spare_s` later. So the calls of any window
come from the stretch of that window and of the spare time before it, however many replicas there are. A stretch that
nobody uses is over when it is past, and needs no giving back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from db.outbound import provider_quotas
from db.pool import DatabaseUnavailableError, Pool, acquire
from deployments.channels.limit import Limit
from deployments.channels.sender import TransientDeliveryError

MAX_WAIT_S = 40.0
"""Less than a reply's lease, so that none waits for its turn until the lease has lapsed."""
LARGEST_PORTION = 4
"""While so many wait, this many times the usual portion is leased at once."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call may be made: from `begins` to `ends`, on the caller's clock."""

    begins: float
    ends: float


@dataclass(slots=True)
class Portion:
    """A leased stretch of the timeline, of `length_s`. On the caller's clock it begins somewhere between `earliest` and
    `latest`: the database answered in between. `used_s` of it are spent."""

    earliest: float
    latest: float
    length_s: float
    used_s: float = 0.0

    def turn(self, needed_s: float, now: float, *, spare_s: float) -> Turn | None:
        """Spend the next `needed_s` that are still good, and return when; None when what is left does not suffice."""
        start = max(self.used_s, now - spare_s - self.earliest)
        if start + needed_s > self.length_s:
            return None
        self.used_s = start + needed_s
        return Turn(max(now, self.latest + self.used_s), self.earliest + start + spare_s)


class SharedQuota:
    """To be awaited before each call. `key` names the provider's account and what is limited; `clock` is monotonic.

    Calls get their turns in the order in which they were asked for.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        key: str,
        limit: Limit,
        wait_at_most_s: float = MAX_WAIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool, self._key, self._limit = pool, key, limit
        self._wait_at_most_s, self._clock = wait_at_most_s, clock
        self._order = asyncio.Lock()
        self._portion = Portion(earliest=clock(), latest=clock(), length_s=0.0)
        self._waiting_s = 0.0

    async def __call__(self, units: int = 1) -> None:
        """Wait until `units` may be spent; the call must not be made when this raises.

        Raises TransientDeliveryError when that takes too long, or PostgreSQL is away, and ValueError for more units
        than can ever be had at once.
        """
        needed_s = units / self._limit.per_second
        if needed_s > self._limit.spare_s:
            raise ValueError(f"{self._key}: {units} units at once are more than {self._limit} can give")
        give_up_at = self._clock() + self._wait_at_most_s
        self._waiting_s += needed_s
        try:
            async with self._order:
                while not await self._had_turn(needed_s, give_up_at):
                    pass
        finally:
            self._waiting_s -= needed_s

    async def _had_turn(self, needed_s: float, give_up_at: float) -> bool:
        """Wait for the next turn; False when there is none yet, or it was missed because this process was late."""
        now = self._clock()
        turn = self._portion.turn(needed_s, now, spare_s=self._limit.spare_s)
        if max(now, turn.begins if turn else now) > give_up_at:
            raise self._spent()
        if turn is None:
            self._portion = await self._lease(needed_s)
            return False
        if turn.begins <= now:
            return True
        await asyncio.sleep(turn.begins - now)
        return self._clock() <= turn.ends

    async def _lease(self, needed_s: float) -> Portion:
        limit = self._limit
        length_s = max(needed_s, limit.portion_s, min(self._waiting_s, LARGEST_PORTION * limit.portion_s))
        try:
            async with acquire(self._pool) as connection:
                asked_at = self._clock()
                begins_in = await provider_quotas.lease(
                    connection, self._key, seconds=length_s, spare_s=limit.spare_s, ahead_s=self._wait_at_most_s
                )
                answered_at = self._clock()
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error
        if begins_in is None:
            raise self._spent()
        return Portion(earliest=asked_at + begins_in, latest=answered_at + begins_in, length_s=length_s)

    def _spent(self) -> TransientDeliveryError:
        reason = f"our own limit for the provider ({self._key}) is spent for {self._wait_at_most_s:.0f} s"
        return TransientDeliveryError(reason, retry_in=self._limit.portion_s)
