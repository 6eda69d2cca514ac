"""M4: one trace a message, from the HTTP call through Kafka's headers and the nodes to delivery, and no word of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from ingest import tracing
from ingest.bus.topics import client_options
from ingest.events import INCOMING
from serve_app.nodes.otlp import provider
from tests.fixtures.graph import Graph
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually
from tests.integration.api.serving import arguments, running

WORDS = "How do I reset my unmistakable password?"
FORM = {
    "name": "Ada Unmistakable",
    "email": "ada.unmistakable@example.com",
    "subject": "An unmistakable subject",
    "category": "how_to",
    "message": WORDS,
}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Traces everything in this process."""
    exporter = InMemorySpanExporter()
    tracing.use(provider("tested", SimpleSpanProcessor(exporter)).get_tracer("tested"))
    yield exporter
    tracing.use(None)


async def test_m4_one_trace_from_the_call_to_the_reply(graph: Graph, store: Store, spans: InMemorySpanExporter) -> None:
    async with running(arguments(graph.database_url, kafka=graph.kafka)) as served:
        response = await served.client.post("/api/v1/support/form", json=FORM)
        assert response.status_code == 201
    inbox_id: UUID = await store.value("SELECT id FROM inbox")
    await graph.worker()
    await graph.delivery()
    await graph.settled(delivered=True)
    await eventually(lambda: "send web_form" in {span.name for span in spans.get_finished_spans()})

    found = {span.name: span for span in spans.get_finished_spans()}
    assert set(found) == {"accept", "turn", "identity", "analysis", "agent", "send web_form"}
    assert {_of(span).trace_id for span in found.values()} == {inbox_id.int}
    above = {name: span.parent.span_id if span.parent else None for name, span in found.items()}
    assert above == {
        "accept": None,
        "turn": _of(found["accept"]).span_id,
        **dict.fromkeys(("identity", "analysis", "agent", "send web_form"), _of(found["turn"]).span_id),
    }
    times = [found[name].start_time or 0 for name in ("accept", "turn", "analysis", "agent", "send web_form")]
    assert times == sorted(times)
    header = f"00-{inbox_id.hex}-{_of(found['accept']).span_id:016x}-01"
    assert (await _headers(graph))["traceparent"] == header.encode()
    told = "".join(span.to_json() for span in found.values()).lower()
    assert "unmistakable" not in told


def test_m4_nothing_is_traced_unless_it_is_asked_for() -> None:
    assert tracing.traceparent(UUID(int=7)) is None
    with tracing.span("call", UUID(int=7), under=tracing.TURN) as span:
        assert not span.is_recording()


def test_m4_a_call_that_fails_shows_by_name_only(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError), tracing.span("call", UUID(int=7), under=tracing.AGENT):
        raise ValueError(WORDS)
    [span] = spans.get_finished_spans()
    assert span.attributes is not None
    assert (span.attributes["error.type"], span.status.is_ok) == ("ValueError", False)
    assert "unmistakable" not in span.to_json()


def _of(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    assert context is not None
    return context


async def _headers(graph: Graph) -> dict[str, bytes]:
    """The headers of the one record on the topic."""
    partitions = [TopicPartition(INCOMING, n) for n in range(graph.kafka.partitions)]
    consumer = AIOKafkaConsumer(**client_options(graph.kafka), auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(partitions)
        record = await asyncio.wait_for(consumer.getone(), 60)
    finally:
        await consumer.stop()
    return dict(record.headers)
