"""The whole path over a real broker: relay, consumer, pipeline, delivery, sweeper."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from db.operations import dead_letters
from db.pool import transaction
from ingest.bus.topics import client_options, ensure_topics
from ingest.events import INCOMING
from tests.fixtures.graph import Graph
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually
from tests.integration.pipeline.test_kills import killed


async def test_k2_forms_travel_from_the_store_to_the_customer(graph: Graph, store: Store) -> None:
    await graph.worker()
    await graph.delivery()
    for n in range(30):
        await store.form(f"Question number {n}", email=f"c{n % 10}@example.com")
    await graph.reporting()
    await graph.settled(delivered=True)
    assert await store.violations() == {}
    assert await store.value("SELECT count(*) FROM outbox WHERE state = 'sent'") == 30
    assert await store.value("SELECT count(*) FROM messages WHERE delivery_status = 'sent'") == 30


async def test_k3_repeated_records_change_nothing(graph: Graph, store: Store) -> None:
    await graph.worker()
    for n in range(12):
        await store.form(f"Question number {n}", email=f"c{n % 4}@example.com")
    await graph.reporting()
    await graph.settled()
    await eventually(store.all_published)  # a turn may end before the relay has noted that its event is out
    for _ in range(3):
        await store.execute(
            "UPDATE events SET state = 'pending', lease_until = NULL WHERE topic = 'fte.tickets.incoming'"
        )
        await eventually(store.all_published)
    assert await store.value("SELECT sum(attempts) FROM events WHERE topic = 'fte.tickets.incoming'") == 48
    await asyncio.sleep(1)
    assert len(graph.agent.runs) == 12
    assert await store.violations() == {}


async def test_k2_workers_come_and_go_in_one_group(graph: Graph, store: Store) -> None:
    """Each join and each orderly leave is a rebalance; nobody runs two turns of a customer, nothing is lost."""
    graph.agent.delay_s = 0.05
    await graph.reporting()
    first, done = await graph.worker(), asyncio.Event()
    filing = asyncio.create_task(file_steadily(store, done))
    await graph.agent.thinking(10)
    second = await graph.worker()
    await eventually(lambda: second.in_flight, pause_s=0.01)
    graph.parts.remove(first)
    await first.close()
    await graph.agent.thinking(len(graph.agent.runs) + 10)
    done.set()
    filed = await filing
    await graph.settled()
    assert graph.agent.overlaps == 0
    assert len(graph.agent.runs) == filed
    assert await store.violations() == {}


async def test_k2_a_worker_runs_at_most_max_in_flight_turns(graph: Graph, store: Store) -> None:
    graph.agent.hold()
    for n in range(24):
        await store.form(f"Question number {n}", email=f"c{n}@example.com")
    worker = await graph.worker(max_in_flight=4)
    await graph.agent.thinking(4)
    await asyncio.sleep(0.5)  # nothing more begins
    assert worker.in_flight == len(graph.agent.runs) == 4
    graph.agent.let_go()
    await graph.settled()
    assert graph.agent.most_at_once == 4
    assert await store.violations() == {}


async def test_k4_an_unreadable_record_is_dead_lettered_announced_and_replayable(graph: Graph, store: Store) -> None:
    await graph.worker()
    good = [await store.form(f"Question number {n}", email=f"c{n}@example.com") for n in range(9)]
    poison = [b"\xff\x00 not JSON", b'{"v": 9}', b'{"v": 1, "inbox_id": "nonsense"}']
    await produce(graph, poison)
    await graph.reporting()
    await graph.settled()
    letters = await until(store, "SELECT * FROM dead_letters ORDER BY log_partition, log_offset", rows=3)
    assert {bytes(row["value"]) for row in letters} == set(poison)
    assert all(row["cause"] for row in letters)
    announced = await store.rows("SELECT value FROM events WHERE topic = 'fte.tickets.dlq'")
    assert {row["value"]["id"] for row in announced} == {str(row["id"]) for row in letters}
    assert len(graph.agent.runs) == len(good)

    async with transaction(store.pool) as connection:
        await dead_letters.replay(connection, letters[0]["id"], by="ann", wake_on=INCOMING)
        with pytest.raises(dead_letters.AlreadyReplayedError):
            await dead_letters.replay(connection, letters[0]["id"], by="bob", wake_on=INCOMING)
    again = await until(store, "SELECT value FROM dead_letters WHERE state = 'dead'", rows=3)
    assert {bytes(row["value"]) for row in again} == set(poison)


async def test_t_d2_a_bad_deploy_stops_at_the_limit(graph: Graph, store: Store) -> None:
    await produce(graph, [b"rubbish"] * 400)
    worker = await graph.worker()
    await graph.says(worker, "unhealthy")
    await asyncio.sleep(0.5)
    assert 8 <= await store.value("SELECT count(*) FROM dead_letters") <= 100
    await worker.check_health()  # a replacement would only dead-letter more


async def test_k3_a_killed_workers_turns_are_taken_over_when_its_lease_lapses(graph: Graph, database_url: str) -> None:
    for n in range(4):
        await graph.store.form(f"Question number {n}", email=f"c{n}@example.com")
    kafka = graph.kafka.bootstrap_servers
    await killed(part="worker", dsn=database_url, kafka=kafka, group=graph.group, die_at="pipeline:decided")
    leased = await graph.store.rows("SELECT customer_id, lease_until FROM customer_leases")
    await graph.worker()
    await graph.reporting()
    await graph.settled()
    assert leased
    early = """SELECT count(*) FROM messages m JOIN unnest($1::uuid[], $2::timestamptz[]) l (customer_id, lease_until)
               USING (customer_id) WHERE m.author = 'agent' AND m.created_at < l.lease_until"""
    columns = [[row[name] for row in leased] for name in ("customer_id", "lease_until")]
    assert await graph.store.value(early, *columns) == 0
    assert await graph.store.violations() == {}


async def test_a_record_that_is_too_large_does_not_block_others(graph: Graph, store: Store) -> None:
    large = await store.form("A very long mail", email="long@example.com")
    huge = await store.form("With endless headers", email="huge@example.com")
    grown = "UPDATE events SET value = jsonb_set(value, $2::text[], to_jsonb(repeat('x', 2000000))) WHERE inbox_id = $1"
    await store.execute(grown, large.inbox_id, ["content"])
    await store.execute(grown, huge.inbox_id, ["subject"])
    await store.form("An ordinary question", email="c1@example.com")
    await graph.worker()
    await graph.reporting()

    async def two_answered() -> bool:
        return bool(await store.value("SELECT count(*) FROM inbox WHERE state = 'answered'") == 2)

    await eventually(two_answered)
    [event] = await store.rows("SELECT * FROM events WHERE inbox_id = $1", huge.inbox_id)
    assert event["state"] == "pending"
    assert event["retry_at"] is not None


async def file_steadily(store: Store, done: asyncio.Event) -> int:
    """File forms of twelve customers until `done`; returns how many."""
    for n in count():
        if done.is_set():
            return n
        await store.form(f"Question number {n}", email=f"c{n % 12}@example.com")
        await asyncio.sleep(0.05)
    raise AssertionError("a count has no end")


async def produce(graph: Graph, values: list[bytes]) -> None:
    """Write records that no relay of ours has written."""
    await ensure_topics(graph.kafka)
    producer = AIOKafkaProducer(**client_options(graph.kafka))
    await producer.start()
    try:
        for n, value in enumerate(values):
            await producer.send_and_wait(INCOMING, value, key=f"poison-{n}".encode())
    finally:
        await producer.stop()


async def until(store: Store, query: str, *, rows: int) -> list[dict[str, Any]]:
    """Return the rows of a query once there are as many."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = await store.rows(query)
        return len(found) >= rows

    await eventually(there)
    return found
