"""T-S9: personal data of ten kinds reaches neither a remote model nor a log, and comes back where it belongs (G12)."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
import structlog

from deployments.agent import decision, node, tools
from serve_app.telemetry import configure_logging
from tests.fakes.openai_server import OpenAIServer, Step
from tests.fixtures.agent_desk import Desk
from tests.fixtures.personal_messages import PersonalMessage, generate
from tests.fixtures.turns import new_turn
from tests.integration.agent.test_injections import decide

GOOD = "To reset a forgotten password, open the sign-in page and choose Forgot password."


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG, by structlog and by the libraries."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    level = root.level
    monkeypatch.setattr("sys.stderr", written)
    configure_logging("DEBUG", "test")
    for module in (node, tools, decision):  # a logger that was used before keeps its old stream
        monkeypatch.setattr(module, "log", structlog.get_logger(module.__name__))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)
    monkeypatch.undo()
    structlog.reset_defaults()
    configure_logging("WARNING", "test")


async def assert_nothing_leaves(
    desk: Desk, openai: OpenAIServer, logs: io.StringIO, messages: Sequence[PersonalMessage]
) -> None:
    gate = asyncio.Semaphore(8)

    async def one(message: PersonalMessage) -> None:
        async with gate:
            turn = new_turn(message.text, channel="email", customer_name=message.name, recipient="x@y.example")
            await decide(desk, turn)

    await asyncio.gather(*(one(message) for message in messages))
    values = {value for message in messages for _, value in message.values}
    sent = "\n".join(request.text for request in openai.requests)
    assert sum("[" in request.text for request in openai.requests) >= len(messages) / 2  # they were asked about
    assert [value for value in values if value in sent] == []
    assert [value for value in values if value in logs.getvalue()] == []


async def test_t_s9_ten_kinds_do_not_reach_the_model_or_the_logs(
    remote: Desk, openai: OpenAIServer, logs: io.StringIO
) -> None:
    await assert_nothing_leaves(remote, openai, logs, generate(20))


@pytest.mark.full
async def test_t_s9_ten_kinds_do_not_reach_the_model_or_the_logs_in_full(
    remote: Desk, openai: OpenAIServer, logs: io.StringIO
) -> None:
    await assert_nothing_leaves(remote, openai, logs, generate(500))


async def test_t_s9_a_failing_tool_logs_no_personal_data(remote: Desk, logs: io.StringIO) -> None:
    async def broken(*_: object, **__: object) -> list[object]:
        raise ValueError("invalid input: anna@example.com, 4111 1111 1111 1111")

    desk = Desk(pool=remote.pool, analysis=remote.analysis, model=remote.model, search=broken)  # type: ignore[arg-type]
    made = await desk.write("How do I reset a forgotten password?")
    assert made.outcome == "escalated"
    assert "tool_failed" in logs.getvalue()
    assert "[EMAIL_1]" in logs.getvalue()
    assert "anna@example.com" not in logs.getvalue()
    # With its blank: a time of day may hold the first four digits.
    assert "4111 1111" not in logs.getvalue()


async def test_g12_the_customers_name_and_address_are_restored_in_the_reply(remote: Desk, openai: OpenAIServer) -> None:
    openai.always = Step.tool(
        "send_response", text=f"[NAME_1], {GOOD} The reset link that is sent to [EMAIL_1] is valid for 60 minutes."
    )
    question = "I am Anna Lindgren, anna@example.com. How do I reset a forgotten password?"
    made = await decide(replace(remote, threshold=0.0), new_turn(question, channel="email"))
    assert made.outcome == "answered"
    assert f"Anna Lindgren, {GOOD}" in made.reply
    assert "sent to anna@example.com is valid" in made.reply
    assert "anna@example.com" not in openai.requests[0].text
