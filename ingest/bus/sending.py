"""Sends events to the broker and says what became of each: one that is refused takes none of the others with it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    PolicyViolationError,
    RecordListTooLargeError,
    UnknownProducerId,
    UnsupportedForMessageFormatError,
)

from db.operations.dead_letters import BASE64, ENCODING_HEADER
from db.operations.events import Published
from db.records import Event
from ingest import tracing
from ingest.bus.topics import AWAY
from ingest.events import INCOMING, TOPICS

SEND_TIMEOUT_S = 5.0
MAX_CONTENT = 100_000
"""Characters of a message's text in a record; the store has the whole."""
_REFUSAL = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidTopicError,
    InvalidTimestampError,
    PolicyViolationError,
    UnsupportedForMessageFormatError,
)
"""What is the fault of a record, or of one beside it in its batch."""
_AFTER_REFUSAL = (OutOfOrderSequenceNumber, UnknownProducerId)
"""What the records behind a refused one get: an idempotent producer's numbers have a gap from there on."""
_Outcome: TypeAlias = "Published | BaseException"


@dataclass(slots=True, kw_only=True)
class Sent:
    """What became of a batch: written to the log, refused by the broker (with its reason), or neither of the two.

    `away` is why the broker could not be asked, None while it answers.
    """

    written: list[Published] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)
    unsent: list[UUID] = field(default_factory=list)
    away: BaseException | None = None


class BatchSender:
    """Sends batches with an idempotent producer, which `renew` replaces; a refusal makes the old one useless."""

    def __init__(self, producer: AIOKafkaProducer, renew: Callable[[], Awaitable[AIOKafkaProducer]]) -> None:
        self._producer = producer
        self._renew = renew
        self._ends_at = asyncio.get_running_loop().time() + SEND_TIMEOUT_S

    async def send(self, events: Sequence[Event]) -> Sent:
        """Send the events together; those that failed are sent once more, each alone, to find which one is refused."""
        sent = Sent()
        try:
            existing = await self._on_existing_topics(events, sent)
            for event in await self._send_together(existing, sent):
                await self._send_alone(event, sent)
        except (*AWAY, AssertionError) as error:
            sent.away = error
        settled = {published.event_id for published in sent.written} | sent.refused.keys()
        sent.unsent = [event.id for event in events if event.id not in settled]
        return sent

    async def _on_existing_topics(self, events: Sequence[Event], sent: Sent) -> list[Event]:
        """Refuse events whose topic does not exist; the product's own topics are created anew when they are gone."""
        others = {event.topic for event in events} - set(TOPICS)
        if others:
            cluster = await asyncio.wait_for(self._producer.client.fetch_all_metadata(), SEND_TIMEOUT_S)
            others -= cluster.topics()
            sent.refused |= {event.id: f"no topic {event.topic}" for event in events if event.topic in others}
        return [event for event in events if event.topic not in others]

    async def _send_together(self, events: Sequence[Event], sent: Sent) -> list[Event]:
        """Send events and return those that failed by a refusal, their own or another's."""
        failed = []
        for event, outcome in zip(events, await self._outcomes(events), strict=True):
            if isinstance(outcome, (*_REFUSAL, *_AFTER_REFUSAL)):
                failed.append(event)
            else:
                _settle(event, outcome, sent)
        if failed and sent.away is None:
            self._producer = await self._renew()
        return failed if sent.away is None else []

    async def _send_alone(self, event: Event, sent: Sent) -> None:
        if sent.away is not None or self._left_s() < 1.0:
            return
        [outcome] = await self._outcomes([event])
        if isinstance(outcome, _REFUSAL):
            sent.refused[event.id] = _reason(outcome)
            self._producer = await self._renew()
        else:
            _settle(event, outcome, sent)

    async def _outcomes(self, events: Iterable[Event]) -> list[_Outcome]:
        tasks = [asyncio.create_task(self._send_one(event)) for event in events]
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=self._left_s())
            for task in pending:
                task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        return [TimeoutError() if isinstance(o, asyncio.CancelledError) else o for o in outcomes]

    async def _send_one(self, event: Event) -> Published:
        written = await self._producer.send_and_wait(
            event.topic, body(event), event.key.encode(), headers=headers(event)
        )
        return Published(event_id=event.id, partition=written.partition, offset=written.offset)

    def _left_s(self) -> float:
        return max(0.0, self._ends_at - asyncio.get_running_loop().time())


def _settle(event: Event, outcome: _Outcome, sent: Sent) -> None:
    match outcome:
        case Published():
            sent.written.append(outcome)
        case KafkaError() | OSError() | TimeoutError() | AssertionError():
            sent.away = outcome
        case Exception():  # of this event alone: it can't be written as a record
            sent.refused[event.id] = _reason(outcome)
        case _:
            raise outcome


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def body(event: Event) -> bytes:
    """Return the record's value: compact JSON, or the original bytes of a replayed dead letter."""
    if event.headers.get(ENCODING_HEADER) == BASE64:
        return base64.b64decode(str(event.value))
    content = event.value.get("content")
    value = event.value if content is None else event.value | {"content": content[:MAX_CONTENT]}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def record_bytes(event: Event) -> bytes:
    """Return the record's value also where it can't be sent: then what is stored, as JSON."""
    try:
        return body(event)
    except ValueError:
        return json.dumps(event.value).encode()


def headers(event: Event) -> list[tuple[str, bytes]]:
    """Return the record's headers; `message-id` is always among them, and a message's trace while there is one."""
    named = {"message-id": str(event.id)} | _trace(event) | event.headers
    return [(name, value.encode()) for name, value in named.items() if name != ENCODING_HEADER]


def _trace(event: Event) -> dict[str, str]:
    if event.topic != INCOMING or not isinstance(event.value, dict) or "inbox_id" not in event.value:
        return {}
    header = tracing.traceparent(UUID(str(event.value["inbox_id"])))
    return {"traceparent": header} if header else {}
