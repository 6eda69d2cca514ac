"""Outages of the broker and the database, and a broker that lost its data; no node is restarted."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from db.migrate import migrate
from db.pool import create_pool
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.parts.kafka import EmbeddedKafka
from serve_app.embedded.parts.postgres import EmbeddedPostgres
from serve_app.settings.app_args import KafkaArgs
from tests.fixtures.graph import Graph
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually


@pytest.fixture
def own_data_dir() -> Iterator[DataDir]:
    data_dir = DataDir(Path(tempfile.mkdtemp(prefix="nd-outage-")))
    data_dir.prepare()
    yield data_dir
    shutil.rmtree(data_dir.path, ignore_errors=True)


@pytest.fixture
def broker(own_data_dir: DataDir) -> Iterator[EmbeddedKafka]:
    """A broker that the test may stop and empty."""
    server = EmbeddedKafka(own_data_dir)
    server.start()
    yield server
    server.stop(grace=2)


@pytest.fixture
async def graph(store: Store, database_url: str, broker: EmbeddedKafka, group: str) -> AsyncIterator[Graph]:
    kafka = KafkaArgs(bootstrap_servers=broker.bootstrap_servers, partitions=3)
    graph = Graph(store, database_url, kafka, group)
    yield graph
    await graph.close()


async def file(graph: Graph, count: int) -> None:
    for n in range(count):
        await graph.store.form(f"Question number {n}", email=f"c{n}@example.com")


async def test_t_k3_after_a_broker_lost_its_data_every_message_is_answered(
    graph: Graph, broker: EmbeddedKafka, own_data_dir: DataDir
) -> None:
    await graph.worker()
    await graph.reporting()
    await file(graph, 10)
    await graph.settled()
    graph.agent.delay_s = 2.0
    await file(graph, 10)
    await graph.agent.thinking(11)  # some run
    await asyncio.to_thread(broker.stop, grace=0)
    await file(graph, 10)  # K5: accepted without a broker
    shutil.rmtree(own_data_dir.kafka / "log")
    await asyncio.to_thread(broker.start)
    graph.agent.delay_s = 0.0
    await graph.settled()
    await file(graph, 10)
    await graph.settled()
    assert len(graph.agent.runs) == 40
    assert await graph.store.violations() == {}


async def test_t_k3_records_that_were_published_but_never_read_are_repeated(
    graph: Graph, broker: EmbeddedKafka, own_data_dir: DataDir
) -> None:
    reporting = await graph.reporting()
    await file(graph, 10)
    await eventually(graph.store.all_published)
    await asyncio.to_thread(broker.stop, grace=0)
    shutil.rmtree(own_data_dir.kafka / "log")
    await asyncio.to_thread(broker.start)
    await graph.worker()
    await graph.settled()
    assert await graph.store.violations() == {}
    await reporting.check_health()


async def test_a_backlog_is_not_doubled_by_the_sweeper(graph: Graph) -> None:
    await graph.reporting()
    await file(graph, 20)
    await asyncio.sleep(6)  # well past the sweeper's least age; nobody has read anything
    assert await graph.store.value("SELECT max(attempts) FROM events WHERE topic = 'fte.tickets.incoming'") == 1


async def test_k5_an_outage_of_the_broker_is_survived(graph: Graph, broker: EmbeddedKafka) -> None:
    worker = await graph.worker()
    await graph.reporting()
    await file(graph, 5)
    await graph.settled()
    await asyncio.to_thread(broker.stop, grace=0)
    await file(graph, 10)
    await graph.says(worker, "degraded")
    await worker.check_health()
    await asyncio.to_thread(broker.start)
    await graph.settled()
    assert len(graph.agent.runs) == 15
    assert await graph.store.violations() == {}
    await graph.says(worker, "healthy")


async def test_t_k4_an_outage_of_the_database_loses_nothing(
    own_data_dir: DataDir, broker: EmbeddedKafka, group: str
) -> None:
    postgres = EmbeddedPostgres(own_data_dir)
    postgres.start()
    try:
        await migrate(postgres.dsn())
        store = Store(await create_pool(postgres.dsn(), size=4))
        kafka = KafkaArgs(bootstrap_servers=broker.bootstrap_servers, partitions=3)
        graph = Graph(store, postgres.dsn(), kafka, group)
        graph.agent.hold()
        worker = await graph.worker()
        await graph.delivery()
        await graph.reporting()
        await file(graph, 8)
        await graph.agent.thinking(4)  # turns are open
        await asyncio.to_thread(postgres.stop, grace=0)
        await asyncio.sleep(5)
        graph.agent.let_go()
        await asyncio.to_thread(postgres.start)
        await graph.settled(delivered=True)
        await worker.check_health()
        assert await store.violations() == {}
        assert await store.value("SELECT count(*) FROM messages WHERE author = 'agent'") == 8
        await graph.close()
        await store.pool.close()
    finally:
        await asyncio.to_thread(postgres.stop, grace=2)
