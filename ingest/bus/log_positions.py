"""Where a topic's log begins and ends, and where a group stands in it."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from db.operations.events import LogPosition
from ingest.bus.topics import KafkaSettings, client_options

ANSWER_TIMEOUT_S = 10.0


class Positions:
    """Reads positions with clients that stay connected; after an error they are closed and the next call reconnects."""

    def __init__(self, *, kafka: KafkaSettings, group: str, topic: str) -> None:
        self._kafka, self._group, self._topic = kafka, group, topic
        self._admin: AIOKafkaAdminClient | None = None
        self._consumer: AIOKafkaConsumer | None = None

    async def read(self) -> list[LogPosition]:
        """Return one position for each partition. Raises topics.AWAY while the broker is away."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await self._read()
        except (AttributeError, LookupError, TypeError) as error:
            # aiokafka's admin client raises these for answers with an error code (a coordinator that just moved).
            await self.close()
            raise KafkaError(f"unreadable answer: {error!r}") from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the clients."""
        admin, consumer = self._admin, self._consumer
        self._admin = self._consumer = None
        if admin is not None:
            await admin.close()
        if consumer is not None:
            await consumer.stop()

    async def _read(self) -> list[LogPosition]:
        admin, consumer = await self._clients()
        count = len((await admin.describe_topics([self._topic]))[0]["partitions"])
        if not count:
            raise UnknownTopicOrPartitionError(self._topic)
        partitions = [TopicPartition(self._topic, number) for number in range(count)]
        committed = await admin.list_consumer_group_offsets(self._group)
        first, ending = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        return [
            LogPosition(
                partition=p.partition,
                first=first[p],
                committed=committed[p].offset if p in committed and committed[p].offset >= 0 else None,
                ending=ending[p],
            )
            for p in partitions
        ]

    async def _clients(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        if self._admin is None or self._consumer is None:
            self._admin = AIOKafkaAdminClient(**client_options(self._kafka))
            await self._admin.start()
            self._consumer = AIOKafkaConsumer(**client_options(self._kafka))
            await self._consumer.start()
        return self._admin, self._consumer
