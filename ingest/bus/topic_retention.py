"""Holds existing topics to the settings of new ones: texts for a day at most, as many partitions as wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError, for_code

from ingest.bus.topics import AWAY, TOPIC_CONFIG, KafkaSettings, client_options, grow, partitions_of
from ingest.events import TOPICS

_SET_ON_TOPIC = 1
"""The source of a setting that was made on the topic itself (DYNAMIC_TOPIC_CONFIG)."""

log = structlog.get_logger(__name__)


class TopicRetention:
    """Alters topics that keep records longer than TOPIC_CONFIG says; what else is set on them stays."""

    def __init__(self, kafka: KafkaSettings, *, names: Sequence[str] = TOPICS) -> None:
        self._kafka, self._names = kafka, tuple(names)
        self._refusal = self._too_few = ""

    def problem(self) -> str | None:
        """Return a line for /health when the broker does not let us alter them, or None."""
        if not self._refusal:
            return self._too_few or None
        wanted = ", ".join(f"{name}={value}" for name, value in TOPIC_CONFIG.items())
        return (
            f"Kafka may keep customers' texts longer than a day ({self._refusal}): set {wanted} on {self._names[0]} …"
        )

    async def run_once(self) -> list[str]:
        """Alter the topics that differ and return their names. While the broker is away nothing happens."""
        admin = AIOKafkaAdminClient(**client_options(self._kafka))
        try:
            await admin.start()
            altered = await self._alter(admin)
        except AWAY as error:
            self._refusal = type(error).__name__ if isinstance(error, KafkaError) and not error.retriable else ""
            log.info("topics_not_compared", detail=f"{type(error).__name__}: {error}")
            return []
        finally:
            await admin.close()
        self._refusal = ""
        return altered

    async def _alter(self, admin: AIOKafkaAdminClient) -> list[str]:
        altered, self._too_few = [], ""
        for name in self._names:
            own = await _settings_of(admin, name)
            if own is None:
                continue
            different = not TOPIC_CONFIG.items() <= own.items()
            if different:
                await _set(admin, name, {**own, **TOPIC_CONFIG})
            if await self._grow(admin, name) or different:
                altered.append(name)
        if altered:
            log.info("topics_altered", topics=altered, settings=TOPIC_CONFIG)
        return altered

    async def _grow(self, admin: AIOKafkaAdminClient, name: str) -> bool:
        wanted = partitions_of(name, self._kafka.partitions)
        try:
            return await grow(admin, name, wanted)
        except KafkaError as error:
            if error.retriable:
                raise
            self._too_few = f"{name} can't be given {wanted} partitions ({type(error).__name__}): give it them"
            return False


async def _settings_of(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str] | None:
    """Return what is set on a topic itself, or None where it does not exist (yet)."""
    [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    [(code, _, _, _, entries)] = answer.resources
    if code == UnknownTopicOrPartitionError.errno:
        return None
    _raise(code, topic)
    return {name: value for name, value, _, source, *_ in entries if source == _SET_ON_TOPIC}


async def _set(admin: AIOKafkaAdminClient, topic: str, settings: Mapping[str, str]) -> None:
    """Replace all that is set on a topic itself, as the protocol's AlterConfigs does."""
    [answer] = await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, dict(settings))])
    for code, *_ in answer.resources:
        _raise(code, topic)


def _raise(code: int, topic: str) -> None:
    if code:
        raise for_code(code)(f"topic {topic} can't be altered")
