"""Measures escalation: recall and false alarms by kind of message, of the product's rules and of baselines."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deployments.rules.escalation import EscalationRules
from deployments.rules.wording import WORD_REASONS, Wording, WordSigns, read_words
from embeddings.escalation import EscalationModel
from embeddings.workbench.escalation_data import Example
from embeddings.workbench.questions import own_names

Scores = Sequence[Mapping[str, float]]
Policy = Callable[[Example, Mapping[str, float]], str | None]
"""Decides by a message and its class scores: the reason to escalate it, or None to answer it."""

TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "legal": ("legal", "lawyer", "attorney", "sue", "lawsuit", "court", "gdpr"),
    "refund": ("refund", "money back", "reimburse", "charged"),
    "pricing": ("price", "pricing", "cost", "discount", "quote", "how much"),
    "human_request": ("human", "agent", "person", "representative", "manager", "operator", "speak to", "talk to"),
}
"""The words that simple systems look for; the baselines escalate on any of them."""

MEASURED = ("unseen", "oblique", "stranger")
"""Sets of sentences that neither the model was trained nor the thresholds chosen on."""

_TRIGGER_WORDS = {reason: re.compile(r"\b(?:" + "|".join(words) + r")\b", re.I) for reason, words in TRIGGERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The decision on one message."""

    example: Example
    reason: str | None

    @property
    def missed(self) -> bool:
        """True for a request that was not escalated, or with another reason."""
        return self.example.label not in ("none", self.reason)

    @property
    def false_alarm(self) -> bool:
        """True for an ordinary message that was escalated."""
        return self.example.label == "none" and self.reason is not None


def scored(model: EscalationModel, examples: Sequence[Example]) -> Scores:
    """Return the scores that the analysis node gives the messages."""
    return model.message_scores([example.whole for example in examples])


def digest(path: Path) -> str:
    """Return the SHA-256 of a model's file, which ties the metrics to it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def substring_baseline(example: Example, _scores: Mapping[str, float]) -> str | None:
    """Escalate on any trigger as a substring of subject or text."""
    text = f"{example.subject}\n{example.text}".lower()
    return next((reason for reason, words in TRIGGERS.items() if any(word in text for word in words)), None)


def word_baseline(example: Example, _scores: Mapping[str, float]) -> str | None:
    """Escalate on any trigger as whole words."""
    text = f"{example.subject}\n{example.text}"
    return next((reason for reason, words in _TRIGGER_WORDS.items() if words.search(text)), None)


def rules_policy(thresholds: Mapping[str, float] | None = None) -> Policy:
    """Return the product's rules: wording and classifier."""
    rules = EscalationRules(thresholds)
    return lambda example, scores: rules.weigh(_words_of(example), scores).reason


def wording_policy(example: Example, _scores: Mapping[str, float]) -> str | None:
    """Escalate on the wordings that the rules know, without the classifier."""
    wording = _words_of(example).wording
    return next((r for r in WORD_REASONS if wording[r] in (Wording.UNREAD, Wording.REQUEST)), None)


def classifier_policy(thresholds: Mapping[str, float]) -> Policy:
    """Return a policy by the classifier's scores alone, in the order of the reasons."""
    return lambda _example, scores: next(
        (reason for reason in WORD_REASONS if scores[reason] >= thresholds[f"{reason}.meaning"]), None
    )


def judge(examples: Sequence[Example], scores: Scores, policy: Policy) -> list[Judgement]:
    """Return the policy's decision on each message."""
    pairs = zip(examples, scores, strict=True)
    return [Judgement(example=example, reason=policy(example, own)) for example, own in pairs]


def measure(judgements: Iterable[Judgement]) -> dict[str, dict[str, float]]:
    """Return by "label/kind" the number of messages, and `recall` of requests or `false_alarms` of ordinary messages.

    "none/with a trigger" are the ordinary messages of every kind that hold one of TRIGGERS as a word.
    """
    groups: dict[str, list[Judgement]] = defaultdict(list)
    for judgement in judgements:
        example = judgement.example
        groups[f"{example.label}/{example.kind}"].append(judgement)
        if example.label == "none" and _has_trigger(example):
            groups["none/with a trigger"].append(judgement)
    return {name: _rates(name, group) for name, group in sorted(groups.items())}


def _rates(name: str, group: Sequence[Judgement]) -> dict[str, float]:
    if name.startswith("none/"):
        return {"messages": len(group), "false_alarms": round(sum(j.false_alarm for j in group) / len(group), 4)}
    return {"messages": len(group), "recall": round(1 - sum(j.missed for j in group) / len(group), 4)}


def misses(judgements: Iterable[Judgement]) -> list[str]:
    """Return a line for each wrong decision: what was expected, what was decided, the text."""
    return [
        f"{j.example.kind:<14} {j.example.label:>13} -> {j.reason or 'none':<13} {j.example.text[:150]!r}"
        for j in judgements
        if j.missed or j.false_alarm
    ]


def table(title: str, measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Format policies as columns, groups of messages as rows; recall of requests, false alarms of "none"."""
    policies = list(measured)
    lines = [title, f"{'':<28}{'n':>6}" + "".join(f"{policy:>12}" for policy in policies)]
    for group, rates in measured[policies[0]].items():
        own = [measured[policy][group] for policy in policies]
        cells = [rate.get("recall", rate.get("false_alarms", 0.0)) for rate in own]
        lines.append(f"{group:<28}{rates['messages']:>6.0f}" + "".join(f"{cell:>12.3f}" for cell in cells))
    return "\n".join(lines)


@cache
def _words_of(example: Example) -> WordSigns:
    names = own_names()
    return read_words(example.subject, example.text, own_names=names)  # the choice of thresholds asks hundreds of times


@cache
def _has_trigger(example: Example) -> bool:
    return word_baseline(example, {}) is not None
