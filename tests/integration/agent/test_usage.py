"""Requests and tokens are counted for each conversation, whatever became of its turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from db.ids import new_id
from db.measurement import usage
from db.pool import acquire
from ingest import tracing
from serve_app.nodes.otlp import provider
from tests.fakes.openai_server import OpenAIServer, Step
from tests.fixtures.agent_desk import Desk
from tests.fixtures.store import Store

QUESTION = "How do I reset a forgotten password?"


async def asked(desk: Desk, email: str) -> tuple[usage.ModelUsage, ...]:
    """Run a turn and return the usage of its conversation."""
    store = Store(desk.pool)
    wake = await store.form(QUESTION, email=email)
    await store.pipeline(agent=desk.node, analysis=desk.analysis).handle(wake)
    conversation: UUID = await store.value("SELECT conversation_id FROM inbox WHERE sender_key = $1", f"email:{email}")
    async with acquire(desk.pool) as connection:
        return await usage.of_conversation(connection, conversation)


async def test_tokens_and_cost_of_a_conversation(remote: Desk, openai: OpenAIServer) -> None:
    openai.script(Step.tool("get_customer_history"), Step())
    [used] = await asked(remote, f"{new_id()}@example.com")
    assert (used.model, used.turns, used.requests) == ("gpt-test", 1, 2)
    assert (used.input_tokens, used.output_tokens) == (1800, 120)
    assert used.cost(input_price=2.5, output_price=10) == pytest.approx(0.0057)


async def test_failed_requests_count(remote: Desk, openai: OpenAIServer) -> None:
    openai.always = Step.fault("status", status=500)
    [used] = await asked(remote, f"{new_id()}@example.com")
    assert (used.requests, used.input_tokens, used.output_tokens) == (3, 0, 0)


async def test_the_day_sums_up_the_conversations(remote: Desk) -> None:
    now = datetime.now(UTC)
    async with acquire(remote.pool) as connection:
        before = await usage.between(connection, now - timedelta(hours=1), now + timedelta(hours=1))
    await asked(remote, f"{new_id()}@example.com")
    async with acquire(remote.pool) as connection:
        after = await usage.between(connection, now - timedelta(hours=1), now + timedelta(hours=1))
        nothing = await usage.of_conversation(connection, new_id())
    assert sum(u.requests for u in after) == sum(u.requests for u in before) + 1
    assert nothing == ()


async def test_m4_each_request_is_a_span_with_its_tokens_and_without_text(remote: Desk, openai: OpenAIServer) -> None:
    exporter = InMemorySpanExporter()
    tracing.use(provider("agent", SimpleSpanProcessor(exporter)).get_tracer("tested"))
    try:
        openai.script(Step.fault("status", status=500), Step())
        await asked(remote, f"{new_id()}@example.com")
    finally:
        tracing.use(None)
    failed, answered = [span for span in exporter.get_finished_spans() if span.name == "chat gpt-test"]
    [agent] = [span for span in exporter.get_finished_spans() if span.name == "agent"]
    assert {span.parent.span_id for span in (failed, answered) if span.parent} == {agent.context.span_id}
    assert dict(failed.attributes or {})["error.type"] == "InternalServerError"
    assert dict(answered.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-test",
        "gen_ai.usage.input_tokens": 900,
        "gen_ai.usage.output_tokens": 60,
    }
