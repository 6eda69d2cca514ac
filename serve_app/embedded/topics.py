"""The application's topics on the bus. Made when missing; what exists is left alone."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

PARTITIONS = 12
TOPICS: Mapping[str, int] = {
    "fte.tickets.incoming": PARTITIONS,
    "fte.tickets.outgoing": PARTITIONS,
    "fte.tickets.dlq": 1,
    "fte.escalations": 1,
    "fte.metrics": 1,
}


async def create_missing(bootstrap_servers: str, topics: Mapping[str, int] = TOPICS) -> list[str]:
    """Create those of `topics` (name to partitions, one replica) that the embedded broker lacks; returns their names.

    Raises KafkaError when the broker does not answer or refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, client_id="nightdesk-up")
    await admin.start()
    try:
        missing = sorted(set(topics) - set(await admin.list_topics()))
        if missing:
            answer = await admin.create_topics([NewTopic(name, topics[name], 1) for name in missing])
            _raise_for(answer.topic_errors)
        return missing
    finally:
        await admin.close()


def _raise_for(topic_errors: list[tuple[str, int, str | None]]) -> None:
    for topic, code, message in topic_errors:
        fault = for_code(code)
        if code != 0 and fault is not TopicAlreadyExistsError:
            raise KafkaError(f"cannot create topic {topic}: {message or fault.__name__}")
