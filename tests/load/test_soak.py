"""T-L4: forms at a steady rate for half an hour; memory and tables stay flat once everything has been in use.

`make soak`. SOAK_MINUTES (30) and SOAK_RATE (10 forms a second) set its size; below 10 minutes, which is too short for
growth, only the answers are judged. What the product keeps for a day it keeps for two minutes here, so that the time
of what came in first is over before the figures are taken: a table that is not emptied as fast as it is filled grows
ninefold in what is left. What stays for good may grow, alike for each message.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import psutil
import pytest

from db.measurement.bench_reads import KEPT_FOR_A_TIME
from evaluation.benchmarks.load import send_at_rate
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample
from tests.fixtures.oracle import expect_invariants, settled, store_of
from tests.fixtures.ports import free_port
from tests.fixtures.product import Product, running_product

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
RATE = float(os.environ.get("SOAK_RATE", "10"))
WARM_S = min(5.0, MINUTES / 3) * 60
"""Until then everything is used for the first time, and the first events are gone."""
JUDGED_FROM = 10
"""Minutes. Retention looks once a minute, which shows in the sizes of a shorter soak."""
KEPT_S = 120.0
EVERY_S = 10.0
GROWTH = 1.1
SLACK = 100 * RATE
"""Messages that are added to those that wait: a few more or less make no lag."""
SIZES = """
    SELECT (SELECT sum(pg_total_relation_size(to_regclass(name))) FROM unnest($1::text[]) AS name)::bigint
               AS for_a_time,
           (SELECT sum(pg_total_relation_size(oid)) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL ($1::text[]))::bigint
               AS for_good,
           (SELECT count(*) FROM inbox) AS messages,
           (SELECT count(*) FROM inbox WHERE state = 'waiting') AS waiting"""

pytestmark = [pytest.mark.full, pytest.mark.product, pytest.mark.timeout(int(MINUTES * 60) + 1200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Taken `at_s` seconds after the first form. Bytes: memory of all processes, of tables for a time, and for good."""

    at_s: float
    memory: int
    for_a_time: int
    for_good: int
    messages: int
    waiting: int


@pytest.fixture
def desk() -> Iterator[Product]:
    """A product of this test's own, without channels, that keeps events for two minutes."""
    with running_product(free_port(), {"EVENTS_KEPT_HOURS": f"{KEPT_S / 3600:.6f}"}) as running:
        yield running


def memory_of(desk: Product) -> int:
    """Bytes that the processes of an installation have in memory; what several share counts once."""
    total = 0
    for process in desk.processes(""):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total


async def figures(desk: Product, started: float) -> Figures:
    async with store_of(desk) as store:
        row = await store.fetchrow(SIZES, list(KEPT_FOR_A_TIME))
        assert row is not None
    memory = await asyncio.to_thread(memory_of, desk)
    found = Figures(at_s=time.monotonic() - started, memory=memory, **row)
    print(
        f"{found.at_s / 60:5.1f} min: {found.messages} messages, {found.waiting} wait, {found.memory >> 20} MB, "
        f"kept for a time {found.for_a_time >> 10} kB, for good {found.for_good >> 10} kB",
        flush=True,
    )
    return found


def mean(found: Sequence[Figures], name: str) -> float:
    return fmean(getattr(one, name) for one in found)


def per_message(first: Figures, last: Figures) -> float:
    """Bytes that tables which keep everything grew by for each message."""
    return (last.for_good - first.for_good) / (last.messages - first.messages)


async def test_t_l4_memory_and_tables_stay_flat(desk: Product, samples: list[Sample]) -> None:
    found, started = [], time.monotonic()
    async with ProductClient(desk.url, timeout_s=60) as client:
        sending = asyncio.create_task(send_at_rate(client, samples, rate=RATE, seconds=MINUTES * 60))
        while not sending.done():
            found.append(await figures(desk, started))
            await asyncio.wait([sending], timeout=EVERY_S)
        sent = await sending
    assert {one.status for one in sent} == {201}
    await settled(desk, seconds=120)
    await expect_invariants(desk)
    growth = growth_of([one for one in found if one.at_s >= WARM_S])
    print(
        f"from minute {WARM_S / 60:.1f} to {MINUTES:g}: " + ", ".join(f"{name} × {x:.3f}" for name, x in growth.items())
    )
    assert MINUTES < JUDGED_FROM or max(growth.values()) < GROWTH


def growth_of(warm: Sequence[Figures]) -> dict[str, float]:
    """By what the last third exceeds the first; of what is kept for good, what a message adds in the second half."""
    third, middle = max(len(warm) // 3, 1), warm[len(warm) // 2]
    begin, end = warm[:third], warm[-third:]
    return {
        "memory": mean(end, "memory") / mean(begin, "memory"),
        "kept for a time": mean(end, "for_a_time") / mean(begin, "for_a_time"),
        "kept for good, a message": per_message(middle, warm[-1]) / per_message(warm[0], middle),
        "waiting": (mean(end, "waiting") + SLACK) / (mean(begin, "waiting") + SLACK),
    }
