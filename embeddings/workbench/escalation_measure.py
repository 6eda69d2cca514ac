"""How well messages are escalated: recall and false alarms by kind of message, for the rules and for simpler ways."""

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

Scores = Sequence[Mapping[str, float]]
Way = Callable[[Example, Mapping[str, float]], str | None]
"""A way to decide: from a message and its class scores to the reason of escalation, or None to answer it."""

TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "legal": ("legal", "lawyer", "attorney", "sue", "lawsuit", "court", "gdpr"),
    "refund": ("refund", "money back", "reimburse", "charged"),
    "pricing": ("price", "pricing", "cost", "discount", "quote", "how much"),
    "human_request": ("human", "agent", "person", "representative", "manager", "operator", "speak to", "talk to"),
}
"""The words that such systems look for; the baselines escalate on any of them."""

MEASURED = ("unseen", "oblique", "stranger")
"""Sets of strangers' sentences that neither the model nor the thresholds have seen."""

_TRIGGER_WORDS = {reason: re.compile(r"\b(?:" + "|".join(words) + r")\b", re.I) for reason, words in TRIGGERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of one message. `expected` is "none" where a machine may answer."""

    example: Example
    reason: str | None

    @property
    def missed(self) -> bool:
        """A request that was not escalated, or with another reason."""
        return self.example.label not in ("none", self.reason)

    @property
    def false_alarm(self) -> bool:
        """An ordinary message that was escalated."""
        return self.example.label == "none" and self.reason is not None


def scored(model: EscalationModel, examples: Sequence[Example]) -> Scores:
    """What the analysis node says of them."""
    return model.message_scores([example.whole for example in examples])


def digest(path: Path) -> str:
    """SHA-256 of a model's file, so that its figures are not taken for another's."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def substring_baseline(example: Example, _scores: Mapping[str, float]) -> str | None:
    """Any trigger as a substring of subject or text."""
    text = f"{example.subject}\n{example.text}".lower()
    return next((reason for reason, words in TRIGGERS.items() if any(word in text for word in words)), None)


def word_baseline(example: Example, _scores: Mapping[str, float]) -> str | None:
    """Any trigger as whole words."""
    text = f"{example.subject}\n{example.text}"
    return next((reason for reason, words in _TRIGGER_WORDS.items() if words.search(text)), None)


def rules_way(thresholds: Mapping[str, float] | None = None) -> Way:
    """The product's rules: words and meaning."""
    rules = EscalationRules(thresholds)
    return lambda example, scores: rules.weigh(_words_of(example), scores).reason


@cache
def _words_of(example: Example) -> WordSigns:
    return read_words(example.subject, example.text)  # the choice of thresholds asks hundreds of times


@cache
def _has_trigger(example: Example) -> bool:
    return word_baseline(example, {}) is not None


def words_way(example: Example, _scores: Mapping[str, float]) -> str | None:
    """The wordings of a request that the rules know, without a classifier."""
    wording = _words_of(example).wording
    return next((r for r in WORD_REASONS if wording[r] in (Wording.UNREAD, Wording.REQUEST)), None)


def meaning_way(thresholds: Mapping[str, float]) -> Way:
    """The classifier's scores alone, in the order of the reasons."""
    return lambda _example, scores: next(
        (reason for reason in WORD_REASONS if scores[reason] >= thresholds[f"{reason}.meaning"]), None
    )


def judge(examples: Sequence[Example], scores: Scores, way: Way) -> list[Judgement]:
    """What a way decides for each message."""
    return [Judgement(example=example, reason=way(example, own)) for example, own in zip(examples, scores, strict=True)]


def measure(judgements: Iterable[Judgement]) -> dict[str, dict[str, float]]:
    """By "label/kind": the number of messages, and `recall` of requests or `false_alarms` of ordinary messages.

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
    """One line for each wrong decision: what was expected, what came, the text."""
    return [
        f"{j.example.kind:<14} {j.example.label:>13} -> {j.reason or 'none':<13} {j.example.text[:150]!r}"
        for j in judgements
        if j.missed or j.false_alarm
    ]


def table(title: str, measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Ways as columns, groups of messages as rows; recall of requests, false alarms of "none"."""
    ways = list(measured)
    lines = [title, f"{'':<28}{'n':>6}" + "".join(f"{way:>12}" for way in ways)]
    for group, rates in measured[ways[0]].items():
        cells = [measured[way][group].get("recall", measured[way][group].get("false_alarms", 0.0)) for way in ways]
        lines.append(f"{group:<28}{rates['messages']:>6.0f}" + "".join(f"{cell:>12.3f}" for cell in cells))
    return "\n".join(lines)
