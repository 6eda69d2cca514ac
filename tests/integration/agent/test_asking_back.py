"""G8: where a few passages may answer, the customer is asked which they mean, once, and their choice answers."""

from __future__ import annotations

import pytest

from db.pool import Pool
from db.records import Channel, Decision, Message
from deployments.analysis_node import AnalysisNode
from deployments.rules.choices import OTHER, choices_in, chosen
from tests.fixtures.agent_desk import Desk
from tests.fixtures.turns import message_of

QUESTION = "How do I export my board?"
CHANNELS: tuple[Channel, ...] = ("email", "whatsapp", "web_form")
TITLES = ("Inviting members", "Inviting guests", OTHER)


@pytest.fixture
def careful(pool: Pool, analysis_node: AnalysisNode) -> Desk:
    """A desk to which no passage is likely enough."""
    return Desk(pool=pool, analysis=analysis_node, threshold=0.999)


async def asked(desk: Desk, channel: Channel = "web_form") -> Decision:
    found: Decision = await desk.write(QUESTION, channel=channel)
    assert (found.outcome, found.rule) == ("answered", "question:which")
    return found


def conversation(question: Decision) -> tuple[Message, ...]:
    return message_of(QUESTION), message_of(question.reply, "agent")


@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_choices_are_read_back_from_what_each_channel_sends(careful: Desk, channel: Channel) -> None:
    choices = choices_in((await asked(careful, channel)).reply)
    assert "Export workspace data" in choices
    assert choices[-1] == OTHER


@pytest.mark.parametrize("says", ["{number}", "number {number} please", "{title}"])
async def test_a_choice_is_answered_from_its_passage(careful: Desk, says: str) -> None:
    question = await asked(careful)
    choices = choices_in(question.reply)
    title = choices[0]
    decision = await careful.write(says.format(number=1, title=title.upper()), earlier=conversation(question))
    assert (decision.outcome, decision.rule) == ("answered", "answer:knowledge_base")
    assert {passage.title for passage in decision.passages if passage.slug in decision.sources} == {title}
    assert sum(call.name == "search_knowledge_base" for call in decision.tool_calls) == 1


async def test_none_of_them_is_handed_over(careful: Desk) -> None:
    decision = await careful.write("none of these", earlier=conversation(await asked(careful)))
    assert (decision.outcome, decision.reason) == ("escalated", "no_kb_match")
    assert decision.rule == "question:none_of_these"


async def test_nobody_is_asked_twice(careful: Desk) -> None:
    question = await asked(careful)
    decision = await careful.write("I mean the board with all of its columns", earlier=conversation(question))
    assert (decision.outcome, decision.reason) == ("escalated", "no_kb_match")


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("1", "Inviting members"),
        (" 2. ", "Inviting guests"),
        ("the second one, thanks", "Inviting guests"),
        ("inviting gests", "Inviting guests"),
        ("3", OTHER),
        ("Neither", OTHER),
        ("something else!", OTHER),
        ("4", None),
        ("1 or 2", None),
        ("We have 2 workspaces and 1 of them is empty, why?", None),
        ("", None),
        ("\U0001f44d", None),
    ],
)
def test_what_a_reply_chooses(text: str, choice: str | None) -> None:
    assert chosen(text, TITLES) == choice


@pytest.mark.parametrize(
    "text",
    ["", "Yes.", "1. Open the page.\n2. Choose Export.", f"2. One\n3. {OTHER}", f"1. One\n1. Two\n3. {OTHER}"],
)
def test_another_list_offers_nothing(text: str) -> None:
    assert choices_in(text) == ()


async def test_a_colleagues_list_offers_nothing(careful: Desk) -> None:
    ours = message_of((await asked(careful)).reply, "staff")
    decision = await careful.write("1", earlier=(message_of(QUESTION), ours))
    assert decision.rule != "answer:knowledge_base"
