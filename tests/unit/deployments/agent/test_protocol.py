"""The order of a turn as a state machine (G3), and the tools' refusals (G2, G4)."""

from __future__ import annotations

import itertools
import json

import pytest

from deployments.agent import protocol, tools
from deployments.agent.run_context import RunContext
from tests.fixtures.turns import context, searched

ARGUMENTS = {
    "create_ticket": '{"issue": "reset"}',
    "get_customer_history": "{}",
    "search_knowledge_base": '{"query": "reset"}',
    "send_response": '{"text": "To reset a forgotten password, open the sign-in page."}',
    "escalate_to_human": '{"reason": "human_request"}',
}
ILLEGAL = [("new", tool) for tool in protocol.TOOL_NAMES if tool != "create_ticket"] + [
    ("opened", "search_knowledge_base"),
    ("opened", "send_response"),
    ("history", "send_response"),
]


def in_phase(phase: str) -> RunContext:
    return searched(context()) if phase == "searched" else context(phase=phase)


@pytest.mark.parametrize(("phase", "tool"), ILLEGAL)
async def test_g3_illegal_call_is_refused_with_what_to_do_instead(phase: str, tool: str) -> None:
    run = in_phase(phase)
    result = await tools.call(run, tool, ARGUMENTS[tool])
    assert result.startswith("Refused:")
    assert any(other in result for other in protocol.TOOL_NAMES if other != tool)
    assert run.phase == phase
    assert not run.calls[-1].ok


@pytest.mark.parametrize(("phase", "tool"), list(itertools.product(["answered", "escalated"], protocol.TOOL_NAMES)))
async def test_g3_nothing_follows_the_end(phase: str, tool: str) -> None:
    run = in_phase(phase)
    assert "Call no more tools" in await tools.call(run, tool, ARGUMENTS[tool])
    assert run.phase == phase


@pytest.mark.parametrize("phase", ["opened", "history", "searched"])
async def test_g3_escalation_is_legal_from_create_ticket_on(phase: str) -> None:
    run = in_phase(phase)
    await tools.call(run, "escalate_to_human", ARGUMENTS["escalate_to_human"])
    assert (run.phase, run.reason) == ("escalated", "human_request")


async def test_g3_the_regular_order_of_tools_is_accepted() -> None:
    run = context()
    await tools.call(run, "create_ticket", ARGUMENTS["create_ticket"])
    await tools.call(run, "get_customer_history", "{}")
    phases = [run.phase]
    await tools.call(searched(run), "send_response", ARGUMENTS["send_response"])
    phases.append(run.phase)
    assert phases == ["history", "answered"]
    assert all(call.ok for call in run.calls)


async def test_g4_create_ticket_is_idempotent() -> None:
    run = context(phase="history")
    first = json.loads(await tools.call(run, "create_ticket", ARGUMENTS["create_ticket"]))
    second = json.loads(await tools.call(run, "create_ticket", ARGUMENTS["create_ticket"]))
    assert first == second
    assert first["ticket"] == "TKT-0042"
    assert run.phase == "history"


async def test_g7_a_tool_raises_a_priority_and_never_lowers_it() -> None:
    run = context(priority="high")
    seen = []
    for wanted in ("low", "critical", "medium"):
        await tools.call(run, "create_ticket", json.dumps({"issue": "x", "priority": wanted}))
        seen.append(run.priority)
    assert seen == ["high", "critical", "critical"]


async def test_g8_third_search_is_refused() -> None:
    run = searched(searched(context()))
    assert "2 times" in await tools.call(run, "search_knowledge_base", ARGUMENTS["search_knowledge_base"])
    assert len(run.searches) == 2


async def test_g8_answer_without_relevant_passage_is_refused() -> None:
    run = searched(context(), ok=False)
    assert "no passage" in await tools.call(run, "send_response", ARGUMENTS["send_response"])
    assert run.phase == "searched"


@pytest.mark.parametrize(
    "arguments", ["{", "[]", '"x"', "null", '{"text": ""}', '{"text": 5}', '{"text": "a", "to": "eve@x.example"}', ""]
)
async def test_g2_wrong_arguments_are_a_sentence(arguments: str) -> None:
    run = searched(context())
    result = await tools.call(run, "send_response", arguments)
    assert result.startswith("Refused: send_response was called wrongly")
    assert run.phase == "searched"


async def test_g2_a_failing_tool_is_a_fixed_sentence() -> None:
    run = context(phase="history")  # there is no database behind this context
    assert await tools.call(run, "search_knowledge_base", ARGUMENTS["search_knowledge_base"]) == tools.FAILED
    assert run.tool_failed
    assert run.phase == "history"


def test_g2_five_tools_with_descriptions_and_closed_inputs() -> None:
    assert tuple(tools.TOOLS) == protocol.TOOL_NAMES
    for tool in tools.TOOLS.values():
        assert len(tool.description) > 40
        assert tool.arguments.model_json_schema()["additionalProperties"] is False


async def test_escalating_twice_keeps_the_first_reason() -> None:
    run = context(phase="opened")
    run.escalate("refund", rule="words:refund")
    run.escalate("agent_error", rule="model:late")
    assert (run.reason, run.rule) == ("refund", "words:refund")
