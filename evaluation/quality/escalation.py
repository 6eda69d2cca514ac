"""Measures escalation on messages that were not trained on (G5): recall and false alarms of each class.

The baselines are the two usual ways to build such a system: trigger words as substrings, and as whole words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployments.rules.wording import WORD_REASONS
from embeddings.escalation import EscalationModel
from embeddings.workbench import escalation_data as data
from embeddings.workbench.escalation_data import Example
from evaluation.escalation import measure as measuring
from evaluation.escalation.measure import Judgement
from evaluation.quality.report import Figure, Group

PARAPHRASES_AT_LEAST = 0.97
FALSE_ALARMS_AT_MOST = 0.03

_Judged = Mapping[str, Sequence[Judgement]]
"""The decisions of each policy on the same messages, the product's first."""
_ORDINARY = {
    "hard": "like a request",
    "ordinary": "far from any",
    "with a trigger": "with a trigger word",
}


def measure() -> list[Group]:
    """Measure the sets of sentences first, then held-out families of wording, plain and with typing errors."""
    model, held_out = EscalationModel.load(), data.examples("test", 4)
    sets = {
        "Escalation: strangers' sentences": data.read_set("unseen"),
        "Escalation: sentences made oblique on purpose": data.read_set("oblique"),
        "Escalation: held-out wordings": [*held_out, *data.styled(held_out, 8)],
    }
    return [_group(name, model, examples) for name, examples in sets.items()]


def _group(name: str, model: EscalationModel, examples: Sequence[Example]) -> Group:
    asked = [example for example in examples if example.kind != "filler"]
    scores = measuring.scored(model, asked)
    policies = {
        "product": measuring.rules_policy(),
        "substring": measuring.substring_baseline,
        "word": measuring.word_baseline,
    }
    judged = {name: measuring.judge(asked, scores, decide) for name, decide in policies.items()}
    recalls = [_recall(judged, reason, kind) for kind in ("direct", "paraphrase", "mixed") for reason in WORD_REASONS]
    alarms = [_alarms(judged, kind, label) for kind, label in _ORDINARY.items()]
    by_class = [_alarms_of_class(judged, reason) for reason in WORD_REASONS]
    figures = [figure for figure in (*recalls, *alarms, *by_class) if figure.of]
    return Group(name=name, figures=tuple(figures), misses=tuple(measuring.misses(judged["product"])))


def _recall(judged: _Judged, reason: str, kind: str) -> Figure:
    """Return the share of requests of one class that escalate with its reason."""
    shares = {
        policy: _share([not one.missed for one in own if (one.example.label, one.example.kind) == (reason, kind)])
        for policy, own in judged.items()
    }
    names = {"direct": "direct requests", "paraphrase": "paraphrases", "mixed": "inside a long mail"}
    return Figure(
        name=f"{reason}: {names[kind]}",
        measured=shares["product"][0],
        of=shares["product"][1],
        at_least={"direct": 1.0, "paraphrase": PARAPHRASES_AT_LEAST}.get(kind),
        blocking=kind == "direct",
        beside=_beside(shares),
    )


def _alarms(judged: _Judged, kind: str, label: str) -> Figure:
    """Return the share of ordinary messages of one kind that escalate."""
    shares = {
        policy: _share([one.false_alarm for one in own if _is_ordinary(one, kind)]) for policy, own in judged.items()
    }
    return Figure(
        name=f"false alarms: {label}",
        measured=shares["product"][0],
        of=shares["product"][1],
        at_most=FALSE_ALARMS_AT_MOST,
        beside=_beside(shares),
    )


def _alarms_of_class(judged: _Judged, reason: str) -> Figure:
    """Return the share of all ordinary messages that escalate as this class."""
    shares = {
        policy: _share([one.reason == reason for one in own if one.example.label == "none"])
        for policy, own in judged.items()
    }
    return Figure(
        name=f"{reason}: false alarms",
        measured=shares["product"][0],
        of=shares["product"][1],
        beside=_beside(shares),
    )


def _is_ordinary(one: Judgement, kind: str) -> bool:
    if one.example.label != "none":
        return False
    if kind == "with a trigger":
        return measuring.word_baseline(one.example, {}) is not None
    return one.example.kind == kind


def _share(outcomes: Sequence[bool]) -> tuple[float, int]:
    return (sum(outcomes) / len(outcomes) if outcomes else 0.0), len(outcomes)


def _beside(shares: Mapping[str, tuple[float, int]]) -> dict[str, float]:
    return {policy: share for policy, (share, _) in shares.items() if policy != "product"}
