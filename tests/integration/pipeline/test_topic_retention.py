"""K4: topics keep customers' texts for a day at most, those that were made before too; read back from a real Kafka."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from ingest.bus.topic_retention import TopicRetention
from ingest.bus.topics import TopicSet, client_options, ensure_topics
from serve_app.embedded.parts.kafka import EmbeddedKafka
from serve_app.settings.app_args import KafkaArgs
from tests.fixtures.waiting import eventually

DAY_MS = 24 * 3600 * 1000
CHECK_MS = 300_000
"""How often a broker looks for old segments, unless its own settings say otherwise."""


def of(broker: EmbeddedKafka) -> KafkaArgs:
    return KafkaArgs(bootstrap_servers=broker.bootstrap_servers, partitions=1)


async def settings_of(broker: EmbeddedKafka, topic: str) -> dict[str, str]:
    """All settings that hold for a topic, as its broker says, which takes a moment to know of a new one."""
    found: dict[str, str] = {}

    async def known() -> bool:
        [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        [(_, _, _, _, entries)] = answer.resources
        found.update((name, value) for name, value, *_ in entries)
        return bool(found)

    admin = AIOKafkaAdminClient(**client_options(of(broker)))
    await admin.start()
    try:
        await eventually(known)
    finally:
        await admin.close()
    return found


async def longest_ms(broker: EmbeddedKafka, topic: str) -> int:
    """The greatest age that a record can reach: it is the first of a segment, and the last comes when that ends."""
    found = await settings_of(broker, topic)
    return int(found["segment.ms"]) + int(found["retention.ms"]) + CHECK_MS + int(found["file.delete.delay.ms"])


async def test_k4_a_record_of_a_new_topic_is_gone_after_a_day(kafka_server: EmbeddedKafka, topic_name: str) -> None:
    await ensure_topics(of(kafka_server), TopicSet(names=[topic_name]))
    assert await longest_ms(kafka_server, topic_name) < DAY_MS
    assert await TopicRetention(of(kafka_server), names=[topic_name]).run_once() == []


async def test_k4_topics_of_an_older_release_are_altered_and_keep_what_else_is_set(
    kafka_server: EmbeddedKafka, topic_name: str
) -> None:
    admin = AIOKafkaAdminClient(**client_options(of(kafka_server)))
    await admin.start()
    own = {"retention.ms": str(DAY_MS), "max.message.bytes": "2000000"}
    await admin.create_topics([NewTopic(topic_name, 1, 1, topic_configs=own)])
    await admin.close()
    assert await longest_ms(kafka_server, topic_name) > 7 * DAY_MS
    task = TopicRetention(of(kafka_server), names=[topic_name, f"{topic_name}.missing"])
    assert await task.run_once() == [topic_name]

    async def within_a_day() -> bool:
        return await longest_ms(kafka_server, topic_name) < DAY_MS

    await eventually(within_a_day)
    assert (await settings_of(kafka_server, topic_name))["max.message.bytes"] == "2000000"
    assert await task.run_once() == []
    assert task.problem() is None


async def test_without_a_broker_nothing_happens() -> None:
    task = TopicRetention(KafkaArgs(bootstrap_servers="127.0.0.1:9"))
    assert await task.run_once() == []
    assert task.problem() is None


async def test_a_broker_that_refuses_shows_in_health(kafka_server: EmbeddedKafka) -> None:
    task = TopicRetention(of(kafka_server), names=["no topic's name"])
    await task.run_once()
    assert (task.problem() or "").startswith(
        "Kafka may keep customers' texts longer than a day (InvalidTopicError): set "
    )
