"""S1: Kafka starts after a crash or an interrupted start, and keeps what it acknowledged."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from ingest.bus.topics import TopicSet, ensure_topics
from ingest.events import TOPICS
from serve_app.embedded.base import ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.parts.kafka import EmbeddedKafka
from serve_app.settings.app_args import KafkaArgs


@pytest.fixture
def data_dir() -> Iterator[DataDir]:
    path = Path(tempfile.mkdtemp(prefix="nd-kafka-"))
    directory = DataDir(path)
    directory.prepare()
    yield directory
    EmbeddedKafka(directory).stop(grace=0)
    shutil.rmtree(path)


async def _send(broker: EmbeddedKafka, number: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, enable_idempotence=True)
    await producer.start()
    try:
        for index in range(number):
            await producer.send_and_wait("fte.metrics", b"%d" % index, partition=0)
    finally:
        await producer.stop()


async def _kept(broker: EmbeddedKafka) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers)
    await consumer.start()
    try:
        partition = TopicPartition("fte.metrics", 0)
        return int((await consumer.end_offsets([partition]))[partition])
    finally:
        await consumer.stop()


async def _make_topics(broker: EmbeddedKafka, *names: str) -> list[str]:
    kafka = KafkaArgs(bootstrap_servers=broker.bootstrap_servers, partitions=1)
    return await ensure_topics(kafka, TopicSet(names=names or TOPICS))


async def test_topics_are_made_once(kafka_server: EmbeddedKafka, topic_name: str) -> None:
    # The broker is the whole run's, and another test may have made the topics of the product in its own way.
    names = (f"{topic_name}.a", f"{topic_name}.b")
    assert await _make_topics(kafka_server, *names) == sorted(names)
    assert await _make_topics(kafka_server, *names) == []


async def test_kill_9_and_other_ports_lose_nothing(data_dir: DataDir) -> None:
    broker = EmbeddedKafka(data_dir)
    broker.start()
    await _make_topics(broker)
    await _send(broker, 40)
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    first_port = broker.port
    (data_dir.path / "ports.json").unlink()
    ports.require_free(first_port, ports.LOOPBACK, timeout=60)
    again = EmbeddedKafka(data_dir)
    with socket.create_server((ports.LOOPBACK, first_port)):
        again.start()
    assert again.port != first_port
    assert await _kept(again) == 40
    await _send(again, 1)
    assert await _kept(again) == 41


async def test_an_interrupted_format_is_done_again(data_dir: DataDir) -> None:
    (data_dir.kafka / "new").mkdir(parents=True)
    (data_dir.kafka / "new" / "meta.properties").write_text("version=1\n")
    broker = EmbeddedKafka(data_dir)
    broker.start()
    assert await _make_topics(broker) == sorted(TOPICS)


def test_broken_storage_names_its_log(data_dir: DataDir) -> None:
    broker = EmbeddedKafka(data_dir)
    broker.start()
    broker.stop()
    (data_dir.kafka / "log" / "meta.properties").write_text("version=1\ncluster.id=other\nnode.id=7\n")
    with pytest.raises(StartError, match=r"^Kafka ended while starting: .*\(see .*kafka\.log\)$"):
        broker.start()
