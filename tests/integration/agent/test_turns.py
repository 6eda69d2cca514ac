"""Whole turns with the embedded model: what is answered, what is handed over, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from db.pool import DatabaseUnavailableError, Pool
from deployments.agent.node import AgentNode, ModelSettings
from deployments.rules.escalation import EscalationRules
from deployments.runtime.retries import NodeUnavailableError
from embeddings.relevance import RelevanceGate
from tests.fixtures.agent_desk import Desk
from tests.fixtures.company import EXAMPLE
from tests.fixtures.turns import AnalysisAway, message_of, new_turn

ORDER = ["create_ticket", "get_customer_history", "search_knowledge_base", "send_response"]
QUESTION = "How do I reset a forgotten password?"


def names(decision) -> list[str]:  # type: ignore[no-untyped-def]
    return [call.name for call in decision.tool_calls]


async def test_g3_tool_order(desk: Desk) -> None:
    decision = await desk.write(QUESTION)
    assert names(decision) == ORDER
    assert all(call.ok for call in decision.tool_calls)
    assert decision.outcome == "answered"
    assert decision.sources == ("reset-a-forgotten-password",)
    assert decision.usage["requests"] == 1


async def test_g13_the_decision_holds_rule_model_scores_and_passages(desk: Desk) -> None:
    decision = await desk.write(QUESTION)
    assert decision.rule == "answer:knowledge_base"
    assert decision.model == "grounded"
    assert decision.prompt_version
    assert decision.scores["relevance.1"] >= decision.scores["relevance.threshold"]
    assert len(decision.passages) == 5
    assert [p.score for p in decision.passages] == sorted((p.score for p in decision.passages), reverse=True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("How much is TechCorp per month for 8 people?", "pricing"),
        ("I want a refund for last month, please.", "refund"),
        ("My lawyer will contact you, we will sue you.", "legal"),
        ("Let me talk to a real person please.", "human_request"),
    ],
)
async def test_g5_rule_escalates_without_search_and_model(desk: Desk, text: str, reason: str) -> None:
    decision = await desk.write(text, channel="whatsapp")
    assert (decision.outcome, decision.reason) == ("escalated", reason)
    assert names(decision) == ["create_ticket", "escalate_to_human"]
    assert (decision.model, decision.usage) == ("none", {})
    assert desk.embedded == []
    assert decision.severity
    assert decision.queue
    assert "TKT-0042" in decision.reply


async def test_g7_angry_customer(desk: Desk) -> None:
    decision = await desk.write(
        "This is the WORST app ever!!! All my work is gone AGAIN, I hate it, you people are useless!!!",
        channel="whatsapp",
    )
    assert decision.reason == "negative_sentiment"
    assert decision.sentiment is not None
    assert decision.sentiment < 0.3
    assert "sorry" in decision.reply
    assert decision.severity in ("high", "critical")


async def test_g7_mild_annoyance_raises_the_priority_and_is_answered(desk: Desk) -> None:
    turn = new_turn(QUESTION)
    analysis = replace(await desk.analyse(turn), sentiment=0.4)
    decision = await desk.node.run(turn, analysis)
    assert (decision.outcome, decision.priority) == ("answered", "high")


async def test_g7_falling_trend_raises_the_priority(desk: Desk) -> None:
    turn = new_turn(QUESTION, sentiments=(0.9, 0.7))
    decision = await desk.node.run(turn, replace(await desk.analyse(turn), sentiment=0.52))
    assert (decision.outcome, decision.priority) == ("answered", "high")


async def test_g7_priority_never_falls(desk: Desk) -> None:
    turn = new_turn(QUESTION)
    turn = replace(turn, ticket=replace(turn.ticket, priority="critical"))
    decision = await desk.node.run(turn, replace(await desk.analyse(turn), sentiment=0.4))
    assert decision.priority == "critical"


async def test_g8_nothing_relevant_after_two_searches(desk: Desk) -> None:
    decision = await desk.write("Our cat sleeps on the piano. Which sonata would Mozart recommend for her?")
    assert (decision.outcome, decision.reason) == ("escalated", "no_kb_match")
    assert names(decision).count("search_knowledge_base") == 2
    assert len(desk.embedded) == 1
    assert "search(es)" in decision.summary


@pytest.mark.parametrize("text", ["", "   ", "?", "\n.\n"])
async def test_r9_empty_message_gets_a_polite_question(desk: Desk, text: str) -> None:
    decision = await desk.write(text, channel="whatsapp")
    assert decision.outcome == "answered"
    assert decision.reply.split("\n\n")[0].endswith("?")
    assert decision.rule == "question:no_text"
    assert decision.usage == {}


async def test_r9_mail_with_only_a_subject_is_a_question(desk: Desk) -> None:
    decision = await desk.write("", channel="email", subject=QUESTION)
    assert decision.sources == ("reset-a-forgotten-password",)


@pytest.mark.parametrize("text", ["Thanks!", "ok thank you so much", "Great, that worked. Thanks", "👍"])
async def test_thanks_are_not_handed_over(desk: Desk, text: str) -> None:
    decision = await desk.write(
        text, channel="whatsapp", earlier=(message_of("hi"), message_of("Open the page.", "agent"))
    )
    assert (decision.outcome, decision.rule) == ("answered", "courtesy:thanks")


@pytest.mark.parametrize("emoji", ["🙏", "😀 👍", "❤️"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I want a refund for the last invoice", "refund"),
        ("How much is the Professional plan?", "pricing"),
        ("My lawyer will sue you", "legal"),
        ("Please let me talk to a human", "human_request"),
    ],
)
async def test_g5_a_kind_emoji_takes_no_request_away(desk: Desk, text: str, reason: str, emoji: str) -> None:
    so_far = (message_of("hi"), message_of("Open the page.", "agent"))
    decision = await desk.write(f"{text} {emoji}", channel="whatsapp", earlier=so_far)
    assert (decision.outcome, decision.reason) == ("escalated", reason)


async def test_a_question_with_a_kind_emoji_is_a_question(desk: Desk) -> None:
    so_far = (message_of("hi"), message_of("Open the page.", "agent"))
    decision = await desk.write("How do I reset a forgotten password? 🙏", channel="whatsapp", earlier=so_far)
    assert decision.sources == ("reset-a-forgotten-password",)


async def test_thanks_with_a_question_are_a_question(desk: Desk) -> None:
    decision = await desk.write("Thanks! And how do I reset a forgotten password?", channel="whatsapp")
    assert decision.sources == ("reset-a-forgotten-password",)


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        (
            "Wie kann ich mein vergessenes Passwort zurücksetzen? Ich komme nicht mehr in mein Konto.",
            "nur auf Englisch",
        ),
        ("¿Cómo puedo restablecer mi contraseña olvidada? No puedo entrar en mi cuenta.", "Solo puedo responder"),
        ("パスワードを忘れました。どうすればいいですか。", "only answer in English"),
    ],
)
async def test_g15_a_language_that_the_model_does_not_write_is_handed_over(desk: Desk, text: str, notice: str) -> None:
    decision = await desk.write(text, channel="email", subject="")
    assert decision.reason == "unsupported_language"
    assert notice in decision.reply
    assert "only answer in English" in decision.reply


async def test_g7_a_furious_german_is_handed_over_for_the_fury(desk: Desk) -> None:
    decision = await desk.write(
        "Das ist eine Frechheit! Seit drei Wochen antwortet mir niemand, ich habe die Schnauze voll von Ihnen!",
        channel="email",
        subject="",
    )
    assert (decision.reason, decision.sentiment, decision.priority) == ("negative_sentiment", 0.2, "high")
    assert decision.severity == "high"
    assert "Es tut mir leid" in decision.reply
    assert "sorry" in decision.reply


async def test_g15_a_mail_names_its_own_category_and_goes_to_its_queue(desk: Desk) -> None:
    decision = await desk.write(
        "Please correct my last invoice, it shows the wrong company address and VAT number. I need a person for that.",
        channel="email",
        subject="Invoice",
        category="general",
    )
    assert decision.labels is not None
    assert decision.labels.category == "billing"
    assert decision.scores["category.billing"] >= 0.5
    assert (decision.outcome, decision.queue) == ("escalated", "billing")


async def test_g15_the_category_that_a_customer_chose_stays(desk: Desk) -> None:
    decision = await desk.write("My invoice shows the wrong company address.", channel="web_form", category="complaint")
    assert decision.labels is None


@pytest.mark.parametrize("text", ["pls help login no work", "csv import fails w/ error ACC-409", "2FA lost phone"])
async def test_g15_clumsy_english_is_english(desk: Desk, text: str) -> None:
    decision = await desk.write(text, channel="whatsapp")
    assert decision.reason != "unsupported_language"


async def test_t1_same_facts_in_three_forms(desk: Desk) -> None:
    mail = await desk.write(QUESTION, channel="email")
    form = await desk.write(QUESTION, channel="web_form")
    chat = await desk.write(QUESTION, channel="whatsapp")
    assert mail.sources == form.sources == chat.sources
    first = "To reset a forgotten password, open the sign-in page, choose Forgot password"
    assert all(first in decision.reply for decision in (mail, form, chat))
    assert mail.reply.startswith("Dear Anna Lindgren,")
    assert "Ticket reference: TKT-0042\n" in mail.reply
    assert mail.reply.endswith("https://help.example/status#TKT-0042:token")
    assert form.reply.startswith("Hello Anna Lindgren,")
    assert "https://help.example/status#TKT-0042:token" in form.reply
    said, footer = chat.reply.split("\n\n")
    assert footer == "Ticket TKT-0042: https://help.example/status#TKT-0042:token"
    assert len(said) <= 300
    assert len(mail.reply) > len(form.reply.split("Your ticket")[0]) > len(said)


@pytest.mark.parametrize(("channel", "words"), [("email", 500), ("web_form", 300)])
async def test_channel_length(desk: Desk, channel: str, words: int) -> None:
    decision = await desk.write("How do I import tasks from a CSV file, and why does it fail?", channel=channel)
    assert len(decision.reply.split()) <= words


async def test_two_questions_get_two_answers(desk: Desk) -> None:
    decision = await desk.write(
        "How do I reset a forgotten password? And how can I connect Google Calendar to my tasks?", channel="email"
    )
    assert decision.outcome == "answered"
    assert {"reset-a-forgotten-password", "connect-google-calendar"} <= set(decision.sources)


async def test_r4_limit_tone_and_template_come_from_the_table(desk: Desk, pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "UPDATE channel_configs SET max_response_length = 20, response_template = '{{ name }}: {{ body }}' "
            "WHERE channel = 'web_form'"
        )
    try:
        decision = await desk.write(QUESTION)
        assert decision.reply.startswith("Anna Lindgren: To reset")
        assert len(decision.reply.split()) <= 20
    finally:
        async with pool.acquire() as connection:
            await connection.execute(
                "UPDATE channel_configs SET max_response_length = 300, response_template = $1 "
                "WHERE channel = 'web_form'",
                "Hello {{ name }},\n\n{{ body }}\n\n{{ ticket }} {{ link }}",
            )


async def test_broken_template_still_reaches_the_customer(desk: Desk, pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute(
            "UPDATE channel_configs SET response_template = '{{ nobody }}' WHERE channel = 'whatsapp'"
        )
    try:
        decision = await desk.write(QUESTION, channel="whatsapp")
        assert "Forgot password" in decision.reply
        assert "TKT-0042" in decision.reply
        assert decision.scores["template_not_usable"] == 1.0
    finally:
        async with pool.acquire() as connection:
            await connection.execute(
                "UPDATE channel_configs SET response_template = '{{ body }}' WHERE channel = 'whatsapp'"
            )


async def test_follow_up_is_searched_with_what_came_before(desk: Desk) -> None:
    await desk.write(
        "and then?", channel="whatsapp", earlier=(message_of(QUESTION), message_of("Open the page.", "agent"))
    )
    assert any(QUESTION in query for query in desk.embedded)


async def test_g14_the_summary_fits_600_characters_and_names_the_essentials(desk: Desk) -> None:
    decision = await desk.write("I want a refund. " * 200, channel="email", subject="Charged twice")
    assert len(decision.summary) <= 600
    for part in ("Anna Lindgren", "email", "TKT-0042", "refund", "Charged twice"):
        assert part in decision.summary


async def test_an_unreachable_analysis_is_raised_for_the_caller_to_retry(desk: Desk) -> None:
    node = AgentNode(
        pool=desk.pool,
        analysis=AnalysisAway(),
        model=ModelSettings(),
        gate=RelevanceGate.load(own_names=EXAMPLE.own_names),
        rules=EscalationRules(own_names=EXAMPLE.own_names),
        company=EXAMPLE,
        links=str,
    )
    turn = new_turn("Our cat sleeps on the piano. Which sonata would Mozart recommend for her?")
    with pytest.raises(NodeUnavailableError):
        await node.run(turn, await desk.analyse(turn))


async def test_an_unreachable_database_is_raised_for_the_caller_to_retry(desk: Desk) -> None:
    turn = new_turn(QUESTION, channel="email")
    analysis = await desk.analyse(turn)
    await desk.pool.close()
    with pytest.raises(DatabaseUnavailableError):
        await desk.node.run(turn, analysis)
