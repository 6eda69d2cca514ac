"""K3: a SIGKILL at each named point loses no message and repeats no reply."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.graph import Graph
from tests.fixtures.store import Store

ROOT = Path(__file__).parents[3]
PIPELINE = ["pipeline:opened", "pipeline:analysed", "pipeline:decided", "pipeline:committed"]
RELAY = ["relay:claimed", "relay:sent", "relay:marked"]
DELIVERY = ["delivery:claimed", "delivery:sent", "delivery:marked"]
CONSUMER = ["consumer:fetched", "consumer:committed"]


async def killed(**task: Any) -> None:
    """Run a part until it kills itself."""
    command = [sys.executable, "-m", "tests.integration.pipeline.process", json.dumps(task)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        async with asyncio.timeout(150):
            assert await process.wait() == -signal.SIGKILL
    finally:
        if process.returncode is None:
            process.kill()


async def file_six_messages(store: Store) -> list[str]:
    """File six messages of three customers, the last a hand-over; returns their inbox ids."""
    wakes = [await store.form(f"Question number {n}", email=f"c{n % 3}@example.com") for n in range(5)]
    wakes.append(await store.form("HANDOVER please", email="c2@example.com"))
    return [str(wake.inbox_id) for wake in wakes]


async def assert_recovered(graph: Graph, *, replies: int) -> None:
    """End the leases of the killed part, run a healthy graph until all is sent, and assert so many agent messages."""
    await graph.store.execute("UPDATE customer_leases SET lease_until = least(lease_until, now())")
    await graph.store.execute("UPDATE events SET lease_until = least(lease_until, now())")
    await graph.worker()
    await graph.delivery()
    await graph.reporting()
    await graph.settled(delivered=True)
    assert await graph.store.violations() == {}
    assert await graph.store.value("SELECT count(*) FROM messages WHERE author = 'agent'") == replies


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("point", PIPELINE)
async def test_k3_killed_in_the_pipeline(graph: Graph, database_url: str, point: str, nth: int) -> None:
    wakes = await file_six_messages(graph.store)
    kafka = graph.kafka.bootstrap_servers
    await killed(part="pipeline", dsn=database_url, kafka=kafka, die_at=point, nth=nth, wakes=wakes)
    await assert_recovered(graph, replies=6)


@pytest.mark.parametrize("point", RELAY)
async def test_k3_killed_in_the_relay(graph: Graph, database_url: str, point: str) -> None:
    await file_six_messages(graph.store)
    await killed(part="relay", dsn=database_url, kafka=graph.kafka.bootstrap_servers, die_at=point)
    await assert_recovered(graph, replies=6)


@pytest.mark.parametrize("point", DELIVERY)
async def test_k3_killed_in_delivery(graph: Graph, store: Store, database_url: str, point: str) -> None:
    pipeline = store.pipeline()
    for n in range(3):
        assert await pipeline.handle(await store.form(f"Question number {n}", email=f"c{n}@example.com")) == "answered"
    await killed(part="delivery", dsn=database_url, kafka=graph.kafka.bootstrap_servers, die_at=point)
    await assert_recovered(graph, replies=3)


@pytest.mark.parametrize("point", CONSUMER)
async def test_k3_killed_in_the_consumer(graph: Graph, database_url: str, point: str) -> None:
    await file_six_messages(graph.store)
    kafka = graph.kafka.bootstrap_servers
    await killed(part="worker", dsn=database_url, kafka=kafka, group=graph.group, die_at=point)
    await assert_recovered(graph, replies=6)
