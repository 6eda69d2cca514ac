"""G5, blocking: direct requests escalate without exception, on wordings that the model never saw."""

from __future__ import annotations

import pytest

from embeddings.escalation import EscalationModel
from embeddings.workbench import escalation_data as data
from embeddings.workbench.escalation_data import Example
from evaluation.escalation import measure as measuring
from evaluation.escalation.measure import MEASURED


def _held_out() -> list[Example]:
    plain = data.examples("test", 4)
    return [*plain, *data.styled(plain, 8)]


@pytest.mark.parametrize(
    "examples",
    [_held_out(), *(data.read_set(name) for name in MEASURED)],
    ids=["held-out families, also misspelt", *MEASURED],
)
def test_g5_every_direct_request_escalates_with_its_reason(examples: list[Example]) -> None:
    direct = [example for example in examples if example.label != "none" and example.kind == "direct"]
    assert len(direct) >= 30
    scores = measuring.scored(EscalationModel.load(), direct)
    assert not measuring.misses(measuring.judge(direct, scores, measuring.rules_policy()))


def test_g5_false_alarms_on_held_out_questions_with_trigger_words_stay_within_the_bound() -> None:
    ordinary = [e for e in _held_out() if e.label == "none" and measuring.word_baseline(e, {})]
    assert len(ordinary) >= 40
    scores = measuring.scored(EscalationModel.load(), ordinary)
    alarms = measuring.misses(measuring.judge(ordinary, scores, measuring.rules_policy()))
    assert len(alarms) <= 0.03 * len(ordinary), alarms
