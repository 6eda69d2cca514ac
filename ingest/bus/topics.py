"""Connects to the broker and creates the topics that the product needs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import KafkaError, for_code
from aiokafka.helpers import create_ssl_context

from ingest.events import INCOMING, TOPICS

TOPIC_CONFIG = {"retention.ms": str(23 * 3600 * 1000), "segment.ms": str(30 * 60 * 1000)}
"""Kafka keeps customers' texts for a day at most; the store is their home.

It deletes whole segments, by their newest record: where little is written a segment would stay open, with its oldest
record, for weeks. So a segment ends after half an hour, and goes 23 hours behind its end; looking takes minutes.
"""
REQUEST_TIMEOUT_MS = 10_000
AWAY = (KafkaError, OSError, TimeoutError)
"""What a client raises while the broker is away; an idempotent producer may also raise AssertionError."""
OTHER_PARTITIONS = 6
"""Of the topics that nobody of ours consumes."""
_ALREADY_EXISTS = 36

log = structlog.get_logger(__name__)


class Secret(Protocol):
    """A secret that hides itself in logs, such as pydantic's SecretStr."""

    def get_secret_value(self) -> str:
        """Return the text."""
        ...


class KafkaSettings(Protocol):
    """How to reach the broker; `partitions` is for the topic of incoming messages."""

    @property
    def bootstrap_servers(self) -> str: ...
    @property
    def security_protocol(self) -> str: ...
    @property
    def sasl_mechanism(self) -> str: ...
    @property
    def sasl_username(self) -> str | None: ...
    @property
    def sasl_password(self) -> Secret | None: ...
    @property
    def partitions(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSet:
    """Topics to create, all with the same settings."""

    names: Sequence[str] = TOPICS


def client_options(kafka: KafkaSettings) -> dict[str, Any]:
    """Return the constructor arguments that every aiokafka client shares."""
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "security_protocol": kafka.security_protocol,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "metadata_max_age_ms": 30_000,
        "retry_backoff_ms": 250,
    }
    if kafka.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": kafka.sasl_password.get_secret_value() if kafka.sasl_password else None,
        }
    if kafka.security_protocol.endswith("SSL"):
        options["ssl_context"] = create_ssl_context()
    return options


async def ensure_topics(kafka: KafkaSettings, topics: TopicSet | None = None) -> list[str]:
    """Create the topics that are missing and return their names. Raises KafkaError, OSError without a broker."""
    topics = topics or TopicSet()
    admin = AIOKafkaAdminClient(**client_options(kafka))
    try:
        await admin.start()
        missing = sorted(set(topics.names) - set(await admin.list_topics()))
        return await _create(admin, missing, kafka.partitions) if missing else []
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, names: list[str], partitions: int) -> list[str]:
    brokers = len((await admin.describe_cluster())["brokers"])
    wanted = [
        NewTopic(name, partitions_of(name, partitions), min(3, brokers), topic_configs=TOPIC_CONFIG) for name in names
    ]
    answer = await asyncio.wait_for(admin.create_topics(wanted), REQUEST_TIMEOUT_MS / 1000)
    created = []
    for name, code, *_ in answer.topic_errors:
        if code and code != _ALREADY_EXISTS:
            raise for_code(code)(f"topic {name} can't be created")
        created.append(name)
    log.info("topics_created", topics=created)
    return created


def partitions_of(topic: str, wanted: int) -> int:
    """Return how many partitions a topic gets: incoming messages as many as are wanted, one for each ingest replica."""
    return wanted if topic == INCOMING else min(wanted, OTHER_PARTITIONS)


async def grow(admin: AIOKafkaAdminClient, topic: str, wanted: int) -> bool:
    """Raise a topic's partitions to those wanted; never lower them. Raises KafkaError when the broker refuses.

    A sender's later records may then lie in another partition than its earlier ones, and be read before them. Its
    messages keep their order all the same: a record only wakes its sender's customer, whose lease and oldest waiting
    message are PostgreSQL's.
    """
    there = len((await admin.describe_topics([topic]))[0]["partitions"])
    if not 0 < there < wanted:
        return False
    await admin.create_partitions({topic: NewPartitions(total_count=wanted)})
    log.info("partitions_raised", topic=topic, before=there, now=wanted)
    return True
