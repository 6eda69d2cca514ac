"""The closing of a turn: texts to analyse, sentiment, events and metrics."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from db.records import Analysis, ToolCall
from deployments.ingest_node import understand
from deployments.turns.sentiment import sentiment_of, texts_of, unknown_sentiment
from deployments.turns.turn_writes import turn_writes
from ingest.events import DLQ, ESCALATIONS, OUTGOING, InvalidMessageError
from tests.fakes.nodes import decision
from tests.fixtures.turns import message_of, new_turn

NOW = datetime(2026, 11, 2, tzinfo=UTC)


question = partial(new_turn, now=NOW, subject="Exports")


def analyses(*sentiments: float | None) -> list[Analysis]:
    return [Analysis(model_id="m", vector=(1.0,), sentiment=s, escalation={}) for s in sentiments]


def test_the_subject_is_analysed_with_the_first_message_only() -> None:
    assert texts_of(question("How?")) == ["Exports\nHow?"]
    assert texts_of(question("And now?", earlier=(message_of("x"),))) == ["And now?"]
    assert texts_of(replace(question("Hi"), channel="whatsapp")) == ["Hi"]


def test_g7_a_burst_is_read_as_a_whole_and_scored_line_by_line() -> None:
    burst = question("one", "two")
    assert texts_of(burst) == ["Exports\none\ntwo", "one", "two"]
    mood = sentiment_of(burst, analyses(0.1, 0.4, 0.6))
    assert mood.messages == (0.4, 0.6)
    assert mood.score == pytest.approx(0.5)
    assert mood.trend == pytest.approx(0.2)


def test_g7_mean_and_trend_run_over_the_conversation() -> None:
    mood = sentiment_of(question("worse", earlier=(message_of("x"),) * 2, sentiments=(0.9, 0.7)), analyses(0.5))
    assert mood.messages == (0.5,)
    assert [mood.score, mood.trend] == pytest.approx([0.7, -0.2])
    assert sentiment_of(question("first"), analyses(0.5)).trend == 0.0


def test_g7_unknown_scores_are_stored_as_such_and_not_averaged_in() -> None:
    burst = question("one", "two", earlier=(message_of("x"),), sentiments=(0.8,))
    mood = sentiment_of(burst, analyses(None, None, 0.4))
    assert mood.messages == (None, 0.4)
    assert [mood.score, mood.trend] == pytest.approx([0.6, -0.4])
    assert sentiment_of(question("first"), analyses(None)) == unknown_sentiment(question("first"))


def test_an_unknown_mood_invents_no_score() -> None:
    assert unknown_sentiment(question("x", "y")).messages == (None, None)
    closing = turn_writes(question("x"), unknown_sentiment(question("x")), decision=None, stages_ms={}, now=NOW)
    assert all(metric.metric_type != "sentiment" for metric in closing.metrics)


def closed(text: str, **options: Any) -> Any:
    one = question(text)
    [analysis] = analyses(0.6)
    return turn_writes(
        one, sentiment_of(one, [analysis]), decision=decision(one, analysis), stages_ms={}, now=NOW, **options
    )


def test_f3_an_answer_announces_its_outbox_row() -> None:
    closing = closed("How?")
    [event] = closing.events
    assert event.topic == OUTGOING
    assert event.value["outbox_id"] == str(closing.outbox_id)
    assert event.value["recipient"] == "anna@example.com"


def test_g14_a_hand_over_event_has_no_customer_text() -> None:
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
    one = question("How?")
    [analysis] = analyses(0.6)
    call = ToolCall(name="search_knowledge_base", arguments={}, result="", ok=True, duration_ms=3.5)
    searched = replace(decision(one, analysis), tool_calls=(call,), model_ms=12.0)
    closing = turn_writes(one, sentiment_of(one, [analysis]), decision=searched, stages_ms={}, now=NOW)
    by_type = {metric.metric_type: metric for metric in closing.metrics}
    assert by_type["tool_call"].value == 3.5
    assert by_type["response_latency"].value is None
    assert by_type["response_latency"].labels == {"model_ms": 12.0}


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b'{"v": 2}', b'{"v": 1, "content": "canary"}'])
def test_k4_an_invalid_record_names_its_fault_and_quotes_nothing(value: bytes) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        understand(value)
    assert str(caught.value)
    assert "canary" not in str(caught.value)
