"""G5, G7, G14: the rules that weigh words and meaning, and the tables of context/escalation-rules.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest

from db.records import Analysis, Category, Priority
from deployments.agent.rules_first import decide
from deployments.rules.escalation import (
    REASON_PRECEDENCE,
    SURE,
    THRESHOLDS,
    EscalationRules,
    is_falling,
    is_negative,
    priority_for_sentiment,
    severity_and_queue,
)
from tests.fixtures.turns import context

RULES = (Path(__file__).parents[3] / "context" / "escalation-rules.md").read_text(encoding="utf-8")
CALM = 0.6
NOTHING_MEANT: Mapping[str, float] = {"none": 1.0, "pricing": 0.0, "refund": 0.0, "legal": 0.0, "human_request": 0.0}


def _table(heading: str) -> list[list[str]]:
    """The rows below the line that starts with `heading`, cells without backticks."""
    below = RULES.partition(heading)[2].partition("\n\n")[0]
    return [[cell.strip().replace("`", "") for cell in row.strip("|").split("|")] for row in below.splitlines()[2:]]


def test_g14_severities_are_those_of_the_dossier() -> None:
    rows = _table("| reason | severity |")
    assert {reason for reason, _ in rows} == set(REASON_PRECEDENCE)
    for reason, severity in rows:
        assert severity_and_queue(reason, "how_to", "low", CALM)[0] == severity


def test_g14_queues_are_those_of_the_dossier() -> None:
    categories = get_args(Category)
    rows = _table("| reason | ticket category | queue |")
    for reason in REASON_PRECEDENCE:
        for category in categories:
            expected = next(
                queue
                for reasons, among, queue in rows
                if (reasons == "any other" or reason in reasons.split(", "))
                and (among == "any" or category in among.split(", "))
            )
            assert severity_and_queue(reason, category, "low", CALM)[1] == expected


def test_the_order_of_reasons_is_that_of_the_dossier() -> None:
    ordered = [reason for _, reason, *_ in _table("| order | reason |")]
    assert tuple(ordered) == REASON_PRECEDENCE


def test_g5_the_thresholds_are_those_of_the_dossier() -> None:
    kinds = {"a request, in English": "request", "none that points to the class": "meaning", "a mention": "mention",
             "talk about the product": "product"}  # fmt: skip
    rows = dict(_table("| the words | score"))
    assert rows.pop("a request in another language, or misspelt") == "any"
    assert {kinds[words] for words in rows} == {name.partition(".")[2] for name in THRESHOLDS}
    for words, score in rows.items():
        assert {THRESHOLDS[f"{reason}.{kinds[words]}"] for reason in REASON_PRECEDENCE[:4]} == {float(score)}
    assert f"a score of {SURE} or more" in " ".join(RULES.split())


def test_g7_fury_is_the_reason_before_the_language_and_an_unknown_mood_is_none() -> None:
    """As sections 1 and 2 of the dossier say: the analysis gives a score only where it is known."""
    for score, reason in ((0.1, "negative_sentiment"), (None, "unsupported_language")):
        run = context("Das ist so und so.", language="de")
        run.analysis = Analysis(model_id="test", vector=(1.0,), sentiment=score, escalation=dict(NOTHING_MEANT))
        decide(run, rules=EscalationRules(), languages={"en"})
        assert (run.phase, run.reason) == ("escalated", reason)


def test_g7_an_unknown_mood_changes_nothing() -> None:
    assert not is_negative(None)
    assert priority_for_sentiment("low", None, (0.9, 0.6)) == "low"
    assert severity_and_queue("unsupported_language", "general", "medium", None) == ("medium", "general")


def test_the_store_ranks_reasons_in_the_same_order() -> None:
    statement = (Path(__file__).parents[3] / "db" / "turns" / "end_turn.sql").read_text(encoding="utf-8")
    ranked = statement.partition("unnest(ARRAY [")[2].partition("]")[0]
    assert tuple(re.findall(r"'(\w+)'", ranked)) == REASON_PRECEDENCE


@pytest.mark.parametrize(
    ("priority", "sentiment", "severity"),
    [
        ("medium", CALM, "low"),
        ("high", CALM, "medium"),
        ("critical", CALM, "high"),
        ("medium", 0.29, "high"),
        ("high", 0.3, "medium"),
        ("low", 0.14, "critical"),
    ],
)
def test_g14_priority_and_mood_raise_the_severity(priority: Priority, sentiment: float, severity: str) -> None:
    assert severity_and_queue("no_kb_match", "how_to", priority, sentiment)[0] == severity


def test_g14_nothing_lowers_a_severity() -> None:
    assert severity_and_queue("legal", "how_to", "low", 0.9)[0] == "critical"


def test_an_unknown_reason_is_refused() -> None:
    with pytest.raises(KeyError):
        severity_and_queue("boredom", "billing", "low", CALM)


@pytest.mark.parametrize(("score", "negative"), [(0.0, True), (0.299, True), (0.3, False), (1.0, False)])
def test_g7_below_point_three_escalates(score: float, negative: bool) -> None:
    assert is_negative(score) is negative


@pytest.mark.parametrize(
    ("current", "score", "earlier", "expected"),
    [
        ("low", 0.49, (), "high"),
        ("low", 0.5, (), "low"),
        ("critical", 0.4, (), "critical"),
        ("medium", 0.6, (0.9, 0.75), "high"),
        ("medium", 0.6, (0.75, 0.9), "medium"),
        ("medium", 0.7, (0.89, 0.8), "medium"),
    ],
)
def test_g7_unease_and_falling_moods_raise_the_priority(
    current: Priority, score: float, earlier: tuple[float, ...], expected: str
) -> None:
    assert priority_for_sentiment(current, score, earlier) == expected


def test_g7_a_trend_takes_three_messages() -> None:
    assert not is_falling((0.9, 0.5))
    assert is_falling((0.9, 0.7, 0.5))
    assert not is_falling((0.9, 0.7, 0.7))


def _reason(text: str, subject: str = "", thresholds: Mapping[str, float] | None = None, **scores: float) -> str | None:
    match = EscalationRules(thresholds).decide(text=text, subject=subject, class_scores={**NOTHING_MEANT, **scores})
    return match.reason


def test_g5_a_direct_request_needs_no_more_than_a_trace_of_meaning() -> None:
    trace = {**NOTHING_MEANT, "refund": THRESHOLDS["refund.request"] + 0.01}
    match = EscalationRules().decide(text="Please refund me.", subject="", class_scores=trace)
    assert (match.reason, match.signal, match.evidence) == ("refund", "words", "please refund")
    assert match.scores == trace


def test_g5_request_wording_without_any_classifier_score_is_answered() -> None:
    assert _reason("We need a label 'money back guarantee' on the board.", thresholds={"request": 0.05}) is None


def test_g5_a_direct_request_in_another_language_escalates_whatever_the_classifier_says() -> None:
    match = EscalationRules().decide(text="Voglio un rimborso", subject="", class_scores=NOTHING_MEANT)
    assert (match.reason, match.signal) == ("refund", "words")


def test_g5_words_and_meaning_are_both_named() -> None:
    match = EscalationRules().decide(
        text="Please refund me.", subject="", class_scores={**NOTHING_MEANT, "refund": 0.97}
    )
    assert match.signal == "both"


def test_g5_meaning_alone_escalates_without_evidence() -> None:
    match = EscalationRules().decide(
        text="That should never have left us.", subject="", class_scores={**NOTHING_MEANT, "refund": 0.999}
    )
    assert (match.reason, match.signal, match.evidence) == ("refund", "meaning", "")


def test_g5_product_vocabulary_needs_a_higher_classifier_score() -> None:
    question = "Where is the refund report?"
    assert _reason(question, refund=THRESHOLDS["refund.meaning"] + 0.01) is None
    assert _reason(question, refund=0.999) == "refund"


def test_g5_a_request_in_the_subject_counts() -> None:
    assert _reason("See above, thanks.", subject="Refund request", refund=0.3) == "refund"


def test_g5_the_first_sure_reason_wins() -> None:
    both = "I want a refund or my lawyer will contact you."
    assert _reason(both, legal=0.1, refund=0.99) == "legal"
    assert _reason("Pay it back, or we see each other again.", legal=0.6, refund=SURE) == "refund"
    assert _reason("Voglio un rimborso e il mio avvocato vi scrivera") == "legal"


def test_g5_a_weak_signal_does_not_outrank_a_direct_request() -> None:
    faint = THRESHOLDS["legal.meaning"] + 0.01
    assert _reason("How much does Professional cost?", legal=faint, pricing=0.9) == "pricing"


def test_thresholds_can_be_replaced_for_one_class_or_for_all() -> None:
    words = "Something else entirely"
    assert _reason(words, legal=0.99) == "legal"
    assert _reason(words, thresholds={"legal.meaning": 1.0}, legal=0.99) is None
    assert _reason(words, thresholds={"meaning": 1.0}, legal=0.99) is None
    assert _reason(words, thresholds={"meaning": 1.0, "legal.meaning": 0.9}, legal=0.99) == "legal"


@pytest.mark.parametrize("thresholds", [{"legale.meaning": 0.5}, {"sense": 0.5}, {"meaning": 1.5}, {"meaning": -0.1}])
def test_thresholds_that_make_no_sense_are_refused_by_name(thresholds: Mapping[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(thresholds))):
        EscalationRules(thresholds)


def test_a_missing_score_is_an_error() -> None:
    with pytest.raises(KeyError):
        EscalationRules().decide(text="Hello", subject="", class_scores={"none": 1.0})
