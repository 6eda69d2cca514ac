"""K1: partitions are raised on a topic that exists, and a sender's messages keep their order across that."""

from __future__ import annotations

from functools import partial
from itertools import count

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import murmur2

from db.pool import create_pool
from ingest.bus.relay import Relay
from ingest.bus.topic_retention import TopicRetention
from ingest.bus.topics import client_options, ensure_topics
from ingest.events import ESCALATIONS, INCOMING
from serve_app.settings.app_args import KafkaArgs
from tests.fixtures.graph import Graph
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually

BEFORE, AFTER = 1, 3


async def test_k1_a_senders_messages_keep_their_order_when_partitions_are_raised(
    graph: Graph, store: Store, database_url: str
) -> None:
    few = graph.kafka.model_copy(update={"partitions": BEFORE})
    await ensure_topics(few)
    # Of two senders, the later messages lie in another partition than the earlier ones and are read beside them.
    senders = _senders_that_move(2)
    await _file(store, senders, range(5))
    pool = await create_pool(database_url, size=2)
    relay = Relay(pool=pool, kafka=few)
    relay.start()
    await eventually(store.all_published)
    await relay.stop()
    await pool.close()

    many = graph.kafka.model_copy(update={"partitions": AFTER})
    assert INCOMING in await TopicRetention(many).run_once()
    await eventually(partial(_has, many, INCOMING, AFTER))
    assert await TopicRetention(few).run_once() == []  # it never sinks
    await _file(store, senders, range(5, 10))
    await graph.worker()
    await graph.reporting()
    await graph.settled()

    places = await store.rows("SELECT DISTINCT key, log_partition FROM events WHERE topic = $1", INCOMING)
    assert len(places) == 2 * len(senders)
    for sender in senders:
        asked = [int(turn.text.split()[0]) for turn in graph.agent.runs if turn.recipient == sender]
        assert asked == list(range(10))
    assert graph.agent.overlaps == 0
    assert await store.violations() == {}


async def test_k1_only_the_topic_that_ingest_reads_gets_many(graph: Graph) -> None:
    wanted = graph.kafka.model_copy(update={"partitions": 30})
    await ensure_topics(wanted)
    # A broker takes a moment to know what its controller has made.
    await eventually(partial(_has, wanted, INCOMING, 30))
    await eventually(partial(_has, wanted, ESCALATIONS, 6))


async def _file(store: Store, senders: list[str], numbers: range) -> None:
    for number in numbers:
        for sender in senders:
            await store.form(f"{number}", email=sender)


def _senders_that_move(wanted: int) -> list[str]:
    """Return senders whose records go to another partition once there are AFTER of them."""
    addresses = (f"mover{n}@example.com" for n in count())
    moving = (a for a in addresses if (murmur2(f"email:{a}".encode()) & 0x7FFFFFFF) % AFTER != 0)
    return [next(moving) for _ in range(wanted)]


async def _has(kafka: KafkaArgs, topic: str, partitions: int) -> bool:
    return await _partitions(kafka, topic) == partitions


async def _partitions(kafka: KafkaArgs, topic: str) -> int:
    admin = AIOKafkaAdminClient(**client_options(kafka))
    await admin.start()
    try:
        return len((await admin.describe_topics([topic]))[0]["partitions"])
    finally:
        await admin.close()
