"""The fixtures of PostgreSQL and Kafka."""

from __future__ import annotations

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from serve_app.embedded.parts.kafka import EmbeddedKafka


async def test_each_test_has_a_migrated_database_of_its_own(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert (
            await connection.fetchval("SELECT count(*) FROM information_schema.tables WHERE table_name = 'tickets'")
            == 1
        )
        assert await connection.fetchval("SELECT extname FROM pg_extension WHERE extname = 'vector'") == "vector"
        assert await connection.fetchval("SHOW fsync") == "on"
    finally:
        await connection.close()


async def test_broker_takes_an_idempotent_record(kafka_server: EmbeddedKafka, topic_name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_server.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic_name, 3, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka_server.bootstrap_servers, enable_idempotence=True)
    await producer.start()
    sent = await producer.send_and_wait(topic_name, b"hello", key=b"k")
    await producer.stop()
    assert sent.offset == 0
