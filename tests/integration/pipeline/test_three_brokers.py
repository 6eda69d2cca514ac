"""K5 with three brokers: while forms come in, brokers are killed and come back; two of three are enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ingest.events import INCOMING, TOPICS
from tests.fixtures.graph import Graph
from tests.fixtures.store import Store
from tests.fixtures.three_brokers import NUMBERS, ThreeBrokers, brokers
from tests.fixtures.waiting import eventually
from tests.integration.pipeline.test_kafka_path import file_steadily

__all__ = ["brokers"]

MEANWHILE = 30
"""So many forms more are answered before a killed broker comes back. The product goes on without it."""

pytestmark = pytest.mark.full


@pytest.fixture
async def graph(store: Store, database_url: str, brokers: ThreeBrokers, group: str) -> AsyncIterator[Graph]:
    await brokers.await_whole()
    graph = Graph(store, database_url, brokers.kafka, group)
    yield graph
    await graph.close()


async def test_k5_the_product_makes_its_topics_on_three_brokers_and_goes_on_with_two(
    graph: Graph, brokers: ThreeBrokers
) -> None:
    """Twice the broker dies that coordinates the group and leads partitions; the second one stays away."""
    filed, done = await _filing(graph)
    for topic in TOPICS:
        assert {copies for _, copies in await brokers.leaders_and_copies(topic)} == {len(NUMBERS)}
    first = await _kill_the_coordinator(graph, brokers)
    await _come_back(brokers, first)
    second = await _kill_the_coordinator(graph, brokers)
    assert second != first
    done.set()
    await _every_form_was_answered_once(graph, await filed)


async def test_k5_a_rolling_restart_loses_and_doubles_nothing(graph: Graph, brokers: ThreeBrokers) -> None:
    filed, done = await _filing(graph)
    for number in NUMBERS:
        await _kill(graph, brokers, number)
        await _come_back(brokers, number)
    done.set()
    await _every_form_was_answered_once(graph, await filed)


async def _filing(graph: Graph) -> tuple[asyncio.Task[int], asyncio.Event]:
    """Start the parts, two workers among them, and a stream of forms; returns when the first have been answered."""
    await graph.worker()
    await graph.worker()
    await graph.delivery()
    await graph.reporting()
    done = asyncio.Event()
    filed = asyncio.create_task(file_steadily(graph.store, done))
    await graph.agent.thinking(MEANWHILE)
    return filed, done


async def _kill_the_coordinator(graph: Graph, brokers: ThreeBrokers) -> int:
    """Kill the broker that the group's members report to."""
    coordinator = await brokers.coordinator(graph.group)
    await _kill(graph, brokers, coordinator)
    return coordinator


async def _kill(graph: Graph, brokers: ThreeBrokers, number: int) -> None:
    """Kill a broker that leads a partition, and wait until a good many forms filed since have been answered.

    Of three partitions each broker leads one at first; one that comes back leads none.
    """
    assert number in {leader for leader, _ in await brokers.leaders_and_copies(INCOMING)}
    await asyncio.to_thread(brokers.kill, number)
    filed = len(graph.store.numbers)
    await eventually(lambda: len(graph.agent.runs) >= filed + MEANWHILE)


async def _come_back(brokers: ThreeBrokers, number: int) -> None:
    await asyncio.to_thread(brokers.start, number)
    await brokers.await_whole()


async def _every_form_was_answered_once(graph: Graph, filed: int) -> None:
    """No form is lost, none is answered twice, and every part works as before, without having been started anew."""
    await graph.settled(delivered=True)
    await eventually(graph.store.all_published)
    assert len(graph.agent.runs) == filed
    assert len({turn.inbox_id for turn in graph.agent.runs}) == filed
    assert graph.agent.overlaps == 0
    assert await graph.store.value("SELECT count(*) FROM outbox WHERE state = 'sent'") == filed
    assert await graph.store.violations() == {}
    for part in graph.parts:
        await part.check_health()
        await graph.says(part, "healthy")
