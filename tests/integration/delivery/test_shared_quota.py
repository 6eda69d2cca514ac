"""A provider's limit holds for all replicas together, through one real PostgreSQL, with few queries."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from db.outbound import provider_quotas
from db.pool import Pool, acquire, create_pool
from deployments.channels.limit import Limit
from deployments.channels.quota import SharedQuota
from deployments.channels.sender import TransientDeliveryError
from tests.fixtures.store import Store, plain_logs, store
from tests.fixtures.waiting import eventually

__all__ = ["plain_logs", "store"]

KEY = "the account"
LIMIT = Limit(units=150, window_s=1.0, spare_s=2.0, portion_s=1.0)
REPLICAS, CALLERS, CALLS = 3, 8, 150
COUNTED = """
    CREATE TABLE leases (at timestamptz DEFAULT clock_timestamp());
    CREATE FUNCTION count_lease() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO leases DEFAULT VALUES; RETURN NULL; END $$;
    CREATE TRIGGER counted AFTER INSERT OR UPDATE ON provider_quotas FOR EACH ROW EXECUTE FUNCTION count_lease()"""


@dataclass(slots=True)
class Watch:
    """A clock that remembers when it was last read: a quota reads it as it lets a call go."""

    last: float = 0.0

    def __call__(self) -> float:
        self.last = time.monotonic()
        return self.last


@dataclass(slots=True)
class Replica:
    """One replica's share of the quota, over a pool of its own."""

    pool: Pool
    watch: Watch
    quota: SharedQuota

    async def call(self, units: int) -> tuple[float, int]:
        """Wait for a turn; returns when it came, and the units."""
        await self.quota(units)
        return self.watch.last, units


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[list[Replica]]:
    made = []
    for _ in range(REPLICAS):
        pool, watch = await create_pool(database_url, size=2), Watch()
        made.append(Replica(pool, watch, SharedQuota(pool=pool, key=KEY, limit=LIMIT, clock=watch)))
    yield made
    for replica in made:
        await replica.pool.close()


async def lease(pool: Pool, *, seconds: float, spare_s: float = 0.0, ahead_s: float = 60.0) -> float | None:
    async with acquire(pool) as connection:
        return await provider_quotas.lease(connection, KEY, seconds=seconds, spare_s=spare_s, ahead_s=ahead_s)


async def leased_ahead(store: Store) -> float:
    """How many seconds from now the quota's time is leased; negative when it is free."""
    query = "SELECT extract(epoch FROM leased_until - clock_timestamp())::float FROM provider_quotas WHERE key = $1"
    return float(await store.value(query, KEY))


async def test_three_replicas_together_stay_within_the_limit_in_every_window_and_ask_seldom(
    store: Store, replicas: list[Replica]
) -> None:
    await store.execute(COUNTED)
    dice, calls = random.Random(7), iter(range(CALLS))

    async def caller(replica: Replica) -> list[tuple[float, int]]:
        return [await replica.call(dice.randint(1, 3)) for _ in calls]

    made = await asyncio.gather(*(caller(replica) for replica in replicas for _ in range(CALLERS)))
    granted = sorted(call for calls_of_one in made for call in calls_of_one)
    assert len(granted) == CALLS
    for start, _ in granted:
        assert sum(units for at, units in granted if start <= at < start + LIMIT.window_s) <= LIMIT.units
    assert await store.value("SELECT count(*) FROM leases") * 5 <= CALLS


async def test_the_portion_of_a_replica_that_died_is_free_again_when_its_time_is_past(
    store: Store, replicas: list[Replica]
) -> None:
    dead, alive, _ = replicas
    await dead.call(1)
    dead.pool.terminate()
    await lease(store.pool, seconds=3.0)
    until = await store.value("SELECT leased_until FROM provider_quotas")
    await alive.call(1)
    assert await store.value("SELECT clock_timestamp()") >= until
    await asyncio.gather(*(alive.call(3) for _ in range(20)))


async def test_time_that_nobody_used_comes_back_as_a_burst(store: Store, replicas: list[Replica]) -> None:
    await replicas[0].call(1)

    async def free_for_the_spare_time() -> bool:
        return await leased_ahead(store) < -LIMIT.spare_s

    await eventually(free_for_the_spare_time, within_s=60)
    begins_in = await lease(store.pool, seconds=LIMIT.portion_s, spare_s=LIMIT.spare_s)
    assert begins_in is not None
    assert begins_in <= -LIMIT.spare_s


async def test_calls_get_their_turns_in_the_order_in_which_they_asked(store: Store, replicas: list[Replica]) -> None:
    order: list[int] = []

    async def call(n: int) -> None:
        await replicas[0].call(1 + n % 3)
        order.append(n)

    await asyncio.gather(*(call(n) for n in range(60)))
    assert order == list(range(60))


async def test_a_wait_that_would_outlast_the_lease_is_refused_and_leases_nothing(
    store: Store, replicas: list[Replica]
) -> None:
    await lease(store.pool, seconds=200.0)
    before = await store.value("SELECT leased_until FROM provider_quotas")
    with pytest.raises(TransientDeliveryError, match="our own limit for the provider"):
        await replicas[0].call(1)
    assert await store.value("SELECT leased_until FROM provider_quotas") == before


async def test_a_clock_that_was_set_back_does_not_stop_the_calls(store: Store, replicas: list[Replica]) -> None:
    await lease(store.pool, seconds=1.0)
    await store.execute("UPDATE provider_quotas SET leased_until = now() + interval '1 day'")
    await replicas[0].call(1)
    assert await leased_ahead(store) < LIMIT.portion_s


async def test_without_the_database_nothing_is_granted(replicas: list[Replica]) -> None:
    replicas[0].pool.terminate()
    with pytest.raises(TransientDeliveryError):
        await replicas[0].call(1)


async def test_more_than_can_ever_be_had_at_once_is_an_error_of_ours(replicas: list[Replica]) -> None:
    with pytest.raises(ValueError, match="more than"):
        await replicas[0].call(1 + int(LIMIT.spare_s * LIMIT.per_second))
