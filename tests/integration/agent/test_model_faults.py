"""T-F1: whatever a model server does, every customer gets an answer or the apology and a hand-over, in few calls."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from db.records import Decision
from deployments.agent.node import ModelSettings
from tests.fakes.openai_server import OpenAIServer, Step
from tests.fixtures.agent_desk import Desk
from tests.fixtures.ports import deaf_port
from tests.fixtures.waiting import eventually

QUESTION = "How do I reset a forgotten password?"

FAULTS = {
    "429": Step.fault("status", status=429, headers={"Retry-After": "0"}),
    "500": Step.fault("status", status=500),
    "503": Step.fault("status", status=503),
    "401": Step.fault("status", status=401),
    "html_page": Step.fault("html"),
    "reset": Step.fault("drop"),
    "hang": Step.fault("hang", seconds=600),
    "slow": Step(seconds=60),
    "truncated": Step.fault("truncated", text="To reset a forgotten password, open the sign-in page."),
    "no_finish_reason": Step.fault("unfinished", text="To reset a forgotten password, open the sign-in page."),
    "malformed_tool_call": Step.fault("tool", name="send_response", arguments='{"text": "To reset'),
    "wrong_arguments": Step.tool("send_response", message="hello", to="eve@example.com"),
    "unknown_tool": Step.tool("delete_customer", customer_id=1),
    "empty": Step.say(""),
    "refusal": Step.fault("refusal"),
    "endless_loop": Step.tool("get_customer_history"),
    "endless_search": Step.tool("search_knowledge_base", query="How do I reset a forgotten password again?"),
}


def assert_handed_over(decision: Decision) -> None:
    assert (decision.outcome, decision.reason) == ("escalated", "agent_error")
    assert "sorry" in decision.reply
    assert "colleague" in decision.reply
    assert "TKT-0042" in decision.reply
    assert (decision.severity, decision.queue) == ("high", "technical")


@pytest.mark.parametrize("fault", FAULTS)
async def test_f1_fault_ends_in_an_apology_and_a_hand_over(
    remote: Desk, impatient: Desk, openai: OpenAIServer, fault: str
) -> None:
    openai.always = FAULTS[fault]
    decision = await (impatient if fault in ("hang", "slow") else remote).write(QUESTION, channel="email")
    assert_handed_over(decision)
    assert 1 <= len(openai.requests) <= 3
    assert decision.model == "gpt-test"
    assert decision.rule.startswith("model:")


@pytest.mark.parametrize("fault", ["429", "500", "503", "html_page", "reset", "truncated", "no_finish_reason"])
async def test_f1_a_passing_fault_is_overcome(remote: Desk, openai: OpenAIServer, fault: str) -> None:
    openai.script(FAULTS[fault])
    decision = await remote.write(QUESTION)
    assert decision.outcome == "answered"
    assert len(openai.requests) == 2


async def test_f1_the_model_can_correct_a_wrong_call(remote: Desk, openai: OpenAIServer) -> None:
    openai.script(FAULTS["unknown_tool"], FAULTS["malformed_tool_call"])
    decision = await remote.write(QUESTION)
    assert decision.outcome == "answered"
    assert len(openai.requests) == 3


async def test_f1_an_unreachable_model_server_is_an_apology_and_a_hand_over(remote: Desk) -> None:
    settings = replace(remote.model, base_url=f"http://127.0.0.1:{deaf_port()}/v1")
    assert_handed_over(await Desk(pool=remote.pool, analysis=remote.analysis, model=settings).write(QUESTION))


async def test_f1_breaker_opens_and_closes(remote: Desk, openai: OpenAIServer) -> None:
    now = 1000.0
    settings = replace(remote.model, breaker_failures=2, breaker_cooldown_s=30.0)
    desk = Desk(pool=remote.pool, analysis=remote.analysis, model=settings, clock=lambda: now)
    openai.always = FAULTS["503"]
    assert desk.node.health() == ("healthy", "gpt-test")
    await desk.write(QUESTION)
    await desk.write(QUESTION)
    assert desk.node.health()[0] == "degraded"

    asked = len(openai.requests)
    assert_handed_over(await desk.write(QUESTION))
    assert len(openai.requests) == asked

    now += 31
    openai.always = Step()
    assert (await desk.write(QUESTION)).outcome == "answered"
    assert desk.node.health() == ("healthy", "gpt-test")


async def test_f1_a_failed_request_shows_in_health_until_the_server_answers_again(
    remote: Desk, openai: OpenAIServer
) -> None:
    settings = replace(remote.model, probe_every_s=0.05)
    desk = Desk(pool=remote.pool, analysis=remote.analysis, model=settings)
    openai.always = FAULTS["503"]
    await desk.write(QUESTION)
    status, detail = desk.node.health()
    assert (status, "gpt-test does not answer" in detail) == ("degraded", True)
    openai.always = Step()
    await eventually(lambda: desk.node.health() == ("healthy", "gpt-test"))


async def test_f1_every_one_of_many_concurrent_turns_gets_a_reply(remote: Desk, openai: OpenAIServer) -> None:
    openai.script(*(FAULTS[name] for name in ("503", "reset", "truncated", "empty", "429", "html_page")))
    decisions = await asyncio.gather(*(remote.write(QUESTION) for _ in range(10)))
    assert all(decision.reply for decision in decisions)
    assert {decision.reason for decision in decisions} <= {None, "agent_error"}


async def test_settings_without_key_but_with_address_are_remote() -> None:
    assert ModelSettings(base_url="http://127.0.0.1:1/v1").remote
    assert not ModelSettings().remote


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
async def test_f1_twenty_concurrent_turns_for_each_fault(impatient: Desk, openai: OpenAIServer, fault: str) -> None:
    openai.always = FAULTS[fault]

    async def timed(number: int) -> tuple[Decision, float]:
        started = time.monotonic()
        decision = await impatient.write(f"{QUESTION} Reference r{number}r.", channel="email")
        return decision, time.monotonic() - started

    timings = await asyncio.gather(*(timed(number) for number in range(20)))
    for decision, seconds in timings:
        assert_handed_over(decision)
        assert seconds < 90
    asked = [sum(f"Reference r{number}r" in request.text for request in openai.requests) for number in range(20)]
    assert max(asked) <= 3
    print(
        f"{impatient.model.api} {fault}: slowest {max(seconds for _, seconds in timings):.1f} s, requests {max(asked)}"
    )


@pytest.mark.full
async def test_f1_a_server_that_hangs_within_the_shipped_time_limits(remote: Desk, openai: OpenAIServer) -> None:
    openai.always = Step.fault("hang", seconds=600)
    shipped = ModelSettings(api_key="sk-test", base_url=remote.model.base_url, api=remote.model.api)
    started = time.monotonic()
    assert_handed_over(await Desk(pool=remote.pool, analysis=remote.analysis, model=shipped).write(QUESTION))
    assert time.monotonic() - started < 90
    assert len(openai.requests) <= 3
    print(f"{shipped.api}: a hanging server is given up after {time.monotonic() - started:.1f} s")
