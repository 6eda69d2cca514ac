"""G5 on sentences that were not trained on: families that were held out whole, and sentences of strangers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pytest

from deployments.rules.escalation import THRESHOLDS
from embeddings.escalation import EscalationModel
from embeddings.workbench import escalation_data as data
from embeddings.workbench.escalation_data import Example
from evaluation.escalation import measure as measuring
from evaluation.escalation.command import training_messages

TRIGGERS_IN_ORDINARY_QUESTIONS = (
    "What user agent string do your webhooks send?",
    "Where can I find the refund report in the dashboard?",
    "How do I change our legal name on the workspace?",
    "Can I add a price field to tasks?",
    "How do I make task IDs human-readable?",
    "Sue Miller left our company, how do I deactivate her account?",
    "Hello, I have an issue with the Gantt chart not updating",
    "Can our legal team have a private project?",
    "My card expired, how do I put in the new one?",
)


@pytest.fixture(scope="module")
def model() -> EscalationModel:
    return EscalationModel.load()


def _judged(model: EscalationModel, examples: Sequence[Example]) -> list[measuring.Judgement]:
    return measuring.judge(examples, measuring.scored(model, examples), measuring.rules_policy(THRESHOLDS))


def _rates(judged: Sequence[measuring.Judgement]) -> dict[tuple[bool, str], float]:
    """The share decided rightly, by (is a request, kind)."""
    groups: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for one in judged:
        groups[one.example.label != "none", one.example.kind].append(not one.missed and not one.false_alarm)
    return {group: sum(right) / len(right) for group, right in groups.items()}


def test_g5_independent_sentences(model: EscalationModel) -> None:
    judged = _judged(model, data.read_set("unseen"))
    rates = _rates(judged)
    assert rates[True, "direct"] == 1.0
    assert rates[True, "paraphrase"] >= 0.97
    assert rates[False, "ordinary"] >= 0.97
    assert rates[False, "hard"] >= 0.97
    trigger = [one for one in judged if one.example.label == "none" and measuring.word_baseline(one.example, {})]
    assert len(trigger) >= 90
    assert sum(one.false_alarm for one in trigger) <= 0.03 * len(trigger)


def test_g5_older_sets_of_independent_sentences(model: EscalationModel) -> None:
    plain, oblique = (_rates(_judged(model, data.read_set(name))) for name in ("stranger", "oblique"))
    assert plain[True, "paraphrase"] >= 0.96
    assert oblique[True, "paraphrase"] >= 0.9
    for rates in (plain, oblique):
        assert rates[True, "direct"] == 1.0
        assert rates[False, "ordinary"] >= 0.97
        assert rates[False, "hard"] >= 0.97


def test_g5_families_that_were_not_trained_on(model: EscalationModel) -> None:
    families = [{one.family for one in data.examples(split, 1)} for split in ("train", "tune", "test")]
    assert not families[0] & families[1] | families[0] & families[2] | families[1] & families[2]
    learnt = {one.text for one in training_messages()}
    assert not learnt & {one.text for name in (*measuring.MEASURED, "thresholds") for one in data.read_set(name)}
    rates = _rates(_judged(model, data.examples("test", 2)))
    assert rates[True, "direct"] == 1.0
    assert rates[True, "paraphrase"] >= 0.87
    assert rates[False, "ordinary"] >= 0.95
    assert rates[False, "hard"] >= 0.97


def test_g5_an_ordinary_question_with_a_trigger_word_is_answered(model: EscalationModel) -> None:
    questions = [
        Example(label="none", kind="hard", family="test", text=text) for text in TRIGGERS_IN_ORDINARY_QUESTIONS
    ]
    assert not [one.example.text for one in _judged(model, questions) if one.false_alarm]
