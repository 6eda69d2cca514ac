"""What a turn leaves behind, from records to records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from db.ids import new_id
from db.records import Analysis, Lease, Message, Ticket, ToolCall, Turn, WaitingMessage
from deployments.ingest_node import understand
from deployments.turns.closing import closing_of, mood_of, texts_of, unknown_mood
from ingest.events import DLQ, ESCALATIONS, OUTGOING, InvalidMessageError
from tests.fakes.nodes import decision

NOW = datetime(2026, 11, 2, tzinfo=UTC)
CUSTOMER = UUID(int=1)


def turn(*texts: str, earlier: int = 0, sentiments: tuple[float, ...] = ()) -> Turn:
    conversation = new_id()
    ticket = Ticket(
        id=new_id(),
        number="TKT-0007",
        customer_id=CUSTOMER,
        conversation_id=conversation,
        source_channel="web_form",
        category="how_to",
        priority="medium",
        subject="Exports",
        status="processing",
        escalation_reason=None,
        created_at=NOW,
        updated_at=NOW,
        resolved_at=None,
    )
    before = Message(
        id=new_id(),
        direction="inbound",
        author="customer",
        channel="web_form",
        content="x",
        sentiment=0.5,
        created_at=NOW,
    )
    return Turn(
        lease=Lease(customer_id=CUSTOMER, token=1, holder="me"),
        customer_id=CUSTOMER,
        customer_name="Ann",
        tier=0,
        channel="web_form",
        recipient="ann@example.com",
        conversation_id=conversation,
        owner="agent",
        owner_token=0,
        ticket=ticket,
        waiting=tuple(
            WaitingMessage(inbox_id=new_id(), message_id=new_id(), content=text, attempts=0, received_at=NOW)
            for text in texts
        ),
        earlier=(before,) * earlier,
        sentiments=sentiments,
    )


def analyses(*sentiments: float) -> list[Analysis]:
    return [Analysis(model_id="m", vector=(1.0,), sentiment=s, escalation={}) for s in sentiments]


def test_the_subject_belongs_to_the_first_words_only() -> None:
    assert texts_of(turn("How?")) == ["Exports\nHow?"]
    assert texts_of(turn("And now?", earlier=1)) == ["And now?"]
    assert texts_of(replace(turn("Hi"), channel="whatsapp")) == ["Hi"]


def test_g7_a_burst_is_read_as_a_whole_and_scored_line_by_line() -> None:
    burst = turn("one", "two")
    assert texts_of(burst) == ["Exports\none\ntwo", "one", "two"]
    mood = mood_of(burst, analyses(0.1, 0.4, 0.6))
    assert mood.messages == (0.4, 0.6)
    assert mood.score == pytest.approx(0.5)
    assert mood.trend == pytest.approx(0.2)


def test_g7_mean_and_trend_run_over_the_conversation() -> None:
    mood = mood_of(turn("worse", earlier=2, sentiments=(0.9, 0.7)), analyses(0.5))
    assert mood.messages == (0.5,)
    assert [mood.score, mood.trend] == pytest.approx([0.7, -0.2])
    assert mood_of(turn("first"), analyses(0.5)).trend == 0.0


def test_an_unknown_mood_invents_no_score() -> None:
    assert unknown_mood(turn("x", "y")).messages == (None, None)
    closing = closing_of(turn("x"), unknown_mood(turn("x")), decision=None, stages_ms={}, now=NOW)
    assert all(metric.metric_type != "sentiment" for metric in closing.metrics)


def closed(text: str, **options: Any) -> Any:
    one = turn(text)
    [analysis] = analyses(0.6)
    return closing_of(one, mood_of(one, [analysis]), decision=decision(one, analysis), stages_ms={}, now=NOW, **options)


def test_f3_an_answer_announces_its_outbox_row() -> None:
    closing = closed("How?")
    [event] = closing.events
    assert event.topic == OUTGOING
    assert event.value["outbox_id"] == str(closing.outbox_id)
    assert event.value["recipient"] == "ann@example.com"


def test_g14_a_hand_over_is_told_without_the_customers_words() -> None:
    _, event = closed("HANDOVER my canary").events
    assert event.topic == ESCALATIONS
    assert (event.value["reason"], event.value["queue"], event.value["severity"]) == (
        "human_request",
        "general",
        "medium",
    )
    assert "canary" not in str(event.value)


def test_k4_a_dead_letter_is_announced_by_id_and_cause() -> None:
    closing = closed("How?", cause="ValueError: no")
    assert closing.cause == "ValueError: no"
    assert closing.events[-1].topic == DLQ
    assert closing.events[-1].value["id"] == str(closing.decision_id)


def test_m4_tool_calls_are_measured() -> None:
    one = turn("How?")
    [analysis] = analyses(0.6)
    call = ToolCall(name="search_knowledge_base", arguments={}, result="", ok=True, duration_ms=3.5)
    told = replace(decision(one, analysis), tool_calls=(call,), model_ms=12.0)
    closing = closing_of(one, mood_of(one, [analysis]), decision=told, stages_ms={}, now=NOW)
    by_type = {metric.metric_type: metric for metric in closing.metrics}
    assert by_type["tool_call"].value == 3.5
    assert by_type["response_latency"].value is None
    assert by_type["response_latency"].labels == {"model_ms": 12.0}


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b'{"v": 2}', b'{"v": 1, "content": "canary"}'])
def test_k4_what_cannot_be_understood_names_its_fault_and_quotes_nothing(value: bytes) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        understand(value)
    assert str(caught.value)
    assert "canary" not in str(caught.value)
