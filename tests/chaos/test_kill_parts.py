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
from evaluation.benchmarks.load import Sent, forms, send_one, wait_until_finished
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample
from tests.fixtures.product import REPLICA, Product
from tests.fixtures.waiting import eventually
from tests.invariants import violations

pytestmark = [pytest.mark.product, pytest.mark.timeout(3600)]

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
RATE = 8.0
PARTS = {
    "kafka": "kafka.Kafka",
    "ingest": f"{REPLICA}ingest",
    "agent": f"{REPLICA}agent",
    "postgresql": "bin/postgres",
    "delivery": f"{REPLICA}delivery",
    "analysis": f"{REPLICA}analysis",
}
SETTLE_S = 12.0
REFUSALS = {503}


class Arrivals:
    """Forms that keep arriving at a steady rate until `stop`."""

    def __init__(self, client: ProductClient, samples: list[Sample]) -> None:
        self._client = client
        self._forms = forms(samples)
        self._tasks: list[asyncio.Task[Sent]] = []
        self._sending = True

    async def keep_sending(self) -> list[Sent]:
        """Send until `stop`, then return what came of each form."""
        started = asyncio.get_running_loop().time()
        while self._sending:
            key, form = next(self._forms)
            self._tasks.append(asyncio.create_task(send_one(self._client, key, form)))
            due = started + len(self._tasks) / RATE
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        return list(await asyncio.gather(*self._tasks))

    def stop(self) -> None:
        """Stop sending forms."""
        self._sending = False


async def _under_arrivals(
    product: Product, samples: list[Sample], disturb: Callable[[], Awaitable[None]]
) -> tuple[list[Sent], list[bench_reads.FormOutcome], dict[str, list[dict[str, Any]]]]:
    async with ProductClient(product.url, timeout_s=120) as client:
        arrivals = Arrivals(client, samples)
        sending = asyncio.create_task(arrivals.keep_sending())
        await asyncio.sleep(3)
        await disturb()
        arrivals.stop()
        sent = await sending
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
