"""K3, K5: every part is killed in turn while forms arrive; no accepted form is lost or answered twice."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from db.measurement import bench_reads
from db.pool import acquire, create_pool
from evaluation.benchmarks.arrivals import arriving
from evaluation.benchmarks.load import Sent, wait_until_finished
from evaluation.benchmarks.processes import KAFKA, POSTGRESQL, REPLICA
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample
from tests.fixtures.product import Product
from tests.fixtures.waiting import eventually
from tests.invariants import violations

pytestmark = [pytest.mark.product, pytest.mark.timeout(3600)]

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
RATE = 8.0
PARTS = {
    "kafka": KAFKA,
    "ingest": f"{REPLICA}ingest",
    "agent": f"{REPLICA}agent",
    "postgresql": POSTGRESQL,
    "delivery": f"{REPLICA}delivery",
    "analysis": f"{REPLICA}analysis",
}
SETTLE_S = 12.0
REFUSALS = {503}


async def _under_arrivals(
    product: Product, samples: list[Sample], disturb: Callable[[], Awaitable[None]]
) -> tuple[list[Sent], list[bench_reads.FormOutcome], dict[str, list[dict[str, Any]]]]:
    async with ProductClient(product.url, timeout_s=120) as client:
        async with arriving(client, samples, rate=RATE) as arrivals:
            await asyncio.sleep(3)
            await disturb()
        sent = arrivals.sent
    await asyncio.to_thread(product.wait_healthy)
    accepted = [one.key for one in sent if one.status == 201]
    pool = await create_pool(product.run_file()["database_url"], size=2)
    try:
        await wait_until_finished(pool, accepted, timeout_s=900)
        async with acquire(pool) as connection:
            return sent, await bench_reads.form_outcomes(connection, accepted), await violations(connection)
    finally:
        await pool.close()


def _expect_exactly_once(
    sent: list[Sent], fates: list[bench_reads.FormOutcome], broken: dict[str, list[dict[str, Any]]], allowed: set[int]
) -> None:
    statuses = Counter(one.status for one in sent)
    accepted = {one.key for one in sent if one.status == 201}
    assert len(accepted) > 20, f"too few forms were accepted to prove anything: {statuses}"
    assert set(statuses) <= {201, *allowed}, f"refusals must be 503: {statuses}"
    assert {fate.key for fate in fates} == accepted, "a form that got a 201 is not in the store"
    assert not [fate for fate in fates if fate.state == "waiting"], "an accepted form was never answered"
    assert not [fate for fate in fates if fate.answers != 1], "an accepted form has not exactly one answer"
    assert not any(broken.values()), broken


async def test_k3_each_part_killed_in_turn(product: Product, samples: list[Sample]) -> None:
    async def disturb() -> None:
        for part, mark in list(PARTS.items()) * ROUNDS:
            await eventually(lambda mark=mark: product.processes(mark), within_s=300, pause_s=0.2)
            assert await asyncio.to_thread(product.kill, mark), f"nothing of {part} was running to be killed"
            await asyncio.sleep(SETTLE_S)

    _expect_exactly_once(*await _under_arrivals(product, samples, disturb), REFUSALS)


async def test_k3_everything_killed_at_once(product: Product, samples: list[Sample]) -> None:
    async def disturb() -> None:
        for _ in range(ROUNDS):
            assert await asyncio.to_thread(product.kill, "") > 8
            await asyncio.to_thread(product.up)
            await asyncio.sleep(3)

    # Status 0 is a refused connection: without a listener nothing answers 503.
    _expect_exactly_once(*await _under_arrivals(product, samples, disturb), REFUSALS | {0})
