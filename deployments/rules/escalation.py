"""When a message goes to a person, how urgent that is and who gets it: pure rules, no input and no output.

The tables follow context/escalation-rules.md row by row. The four reasons of words and meaning are decided here from
two independent signs: what the words say (`escalation_words`) and the classifier's scores over the embedding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from deployments.rules.wording import WORD_REASONS, Wording, WordReason, WordSigns, read_words

Signal = Literal["words", "meaning", "both"]
Severity = Literal["low", "medium", "high", "critical"]
Priority = Severity
Queue = Literal["billing", "legal", "technical", "general"]

REASON_PRECEDENCE = (
    "legal",
    "refund",
    "pricing",
    "human_request",
    "negative_sentiment",
    "no_kb_match",
    "unsafe_reply",
    "unsupported_language",
    "reply_limit",
    "undeliverable",
    "agent_error",
)
"""The first that applies is the reason of an escalation."""

THRESHOLDS: Mapping[str, float] = {
    "legal.request": 0.001,
    "legal.meaning": 0.4,
    "legal.mention": 0.75,
    "legal.product": 0.95,
    "refund.request": 0.001,
    "refund.meaning": 0.4,
    "refund.mention": 0.75,
    "refund.product": 0.95,
    "pricing.request": 0.001,
    "pricing.meaning": 0.4,
    "pricing.mention": 0.75,
    "pricing.product": 0.95,
    "human_request.request": 0.001,
    "human_request.meaning": 0.4,
    "human_request.mention": 0.75,
    "human_request.product": 0.95,
}
"""The least score of a class that escalates, by what the words say of it: a request in English, nothing ("meaning"),
a mention, product talk. A request in another language, or misspelt, escalates without one.

Chosen by `python -m embeddings.workbench.escalation calibrate` on messages that the classifier had not seen: a miss
costs five false alarms, and no direct request may be missed. `ESCALATION_THRESHOLDS` replaces one ("refund.meaning")
or one kind for all ("meaning").
"""

SURE = 0.9
"""From this score on a class counts as certain where several apply."""

NEGATIVE_BELOW = 0.3
UNEASY_BELOW = 0.5
FURIOUS_BELOW = 0.15
TREND_MESSAGES = 3
TREND_FALL = 0.2

_KINDS = {Wording.REQUEST: "request", Wording.MENTION: "mention", Wording.PRODUCT: "product"}
_LADDER: tuple[Severity, ...] = ("low", "medium", "high", "critical")
_SEVERITIES: Mapping[str, Severity] = {
    "legal": "critical",
    "refund": "high",
    "negative_sentiment": "high",
    "agent_error": "high",
    "unsafe_reply": "medium",
    "pricing": "medium",
    "human_request": "medium",
    "undeliverable": "medium",
    "unsupported_language": "medium",
    "no_kb_match": "low",
    "reply_limit": "low",
}
_QUEUES: Mapping[str, Queue] = {"legal": "legal", "refund": "billing", "pricing": "billing"}
_TECHNICAL_CATEGORIES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("no_kb_match", "agent_error", "unsafe_reply"), frozenset({"technical", "how_to", "account_access"})
    ),
    **dict.fromkeys(
        ("human_request", "negative_sentiment", "reply_limit", "unsupported_language", "undeliverable"),
        frozenset({"technical"}),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationDecision:
    """What the rules say of one message. Without a reason it is answered.

    `signal`: whether words, meaning or both led there. `evidence`: the matched words, at most 80 characters, plain
    spelling; empty when meaning alone decided. `scores`: the classifier's, as given.
    `least`: what each of them was held against.
    """

    reason: WordReason | None
    signal: Signal | None
    evidence: str
    scores: Mapping[str, float]
    least: Mapping[str, float]


class EscalationRules:
    """Legal, refund, pricing and human requests, by words and meaning together."""

    def __init__(self, thresholds: Mapping[str, float] | None = None) -> None:
        """`thresholds` replaces some of THRESHOLDS; raises ValueError naming a key or value that makes no sense."""
        given = dict(thresholds or {})
        for name, value in given.items():
            _check_threshold(name, value)
        self._least = {
            name: given.get(name, given.get(name.rpartition(".")[2], default)) for name, default in THRESHOLDS.items()
        }

    def decide(self, *, text: str, subject: str, class_scores: Mapping[str, float]) -> EscalationDecision:
        """Read the words, then weigh them with the scores. Raises KeyError when a score is missing."""
        return self.weigh(read_words(subject, text), class_scores)

    def weigh(self, signs: WordSigns, class_scores: Mapping[str, float]) -> EscalationDecision:
        """Legal, refund, pricing or human_request, whichever applies.

        Where several do, the first of those that are sure in that order, else the one that scores highest: a faint
        sign of a legal matter does not outrank a plain question about the price.
        """
        applying = {
            reason: signal
            for reason in WORD_REASONS
            if (signal := self._signal(reason, signs.wording[reason], class_scores[reason]))
        }
        least: dict[str, float] = {reason: self._threshold(reason, signs.wording[reason]) for reason in WORD_REASONS}
        plain = (Wording.UNREAD, Wording.REQUEST)
        sure = [r for r in applying if signs.wording[r] in plain or class_scores[r] >= SURE]
        if not applying:
            return EscalationDecision(reason=None, signal=None, evidence="", scores=class_scores, least=least)
        reason = sure[0] if sure else max(applying, key=lambda one: class_scores[one])
        evidence = "" if applying[reason] == "meaning" else signs.evidence[reason]
        return EscalationDecision(
            reason=reason, signal=applying[reason], evidence=evidence, scores=class_scores, least=least
        )

    def _threshold(self, reason: WordReason, wording: Wording) -> float:
        return self._least[f"{reason}.{_KINDS.get(wording, 'meaning')}"]

    def _signal(self, reason: WordReason, wording: Wording, score: float) -> Signal | None:
        meant = score >= self._least[f"{reason}.meaning"]
        if wording is Wording.UNREAD:
            return "both" if meant else "words"
        if score < self._threshold(reason, wording):
            return None
        if wording is Wording.REQUEST:
            return "both" if meant else "words"
        return "both" if wording is Wording.MENTION else "meaning"


def severity_and_queue(reason: str, category: str, priority: Priority, sentiment: float) -> tuple[Severity, Queue]:
    """Sections 3 and 4 of escalation-rules.md. `sentiment` in [0, 1]. Raises KeyError for an unknown reason."""
    severity = _SEVERITIES[reason]
    if priority == "critical" or sentiment < NEGATIVE_BELOW:
        severity = _at_least(severity, "high")
    elif priority == "high":
        severity = _at_least(severity, "medium")
    if sentiment < FURIOUS_BELOW:
        severity = "critical"
    return severity, _queue(reason, category)


def is_negative(score: float) -> bool:
    """Whether a message of this sentiment escalates (`negative_sentiment`)."""
    return score < NEGATIVE_BELOW


def priority_for_sentiment(current: Priority, score: float, earlier: Sequence[float] = ()) -> Priority:
    """The priority after a message of this sentiment; `earlier` are the conversation's scores, oldest first.

    Uneasy (below 0.5) or falling (three in a row, by 0.2 in all) makes it at least high. Nothing lowers it.
    """
    return _at_least(current, "high") if score < UNEASY_BELOW or is_falling((*earlier, score)) else current


def is_falling(scores: Sequence[float]) -> bool:
    """Whether each of the last three scores is lower than the one before, by 0.2 in all."""
    last = scores[-TREND_MESSAGES:]
    falls = all(later < before for before, later in pairwise(last))
    return len(last) == TREND_MESSAGES and falls and last[0] - last[-1] >= TREND_FALL


def _queue(reason: str, category: str) -> Queue:
    if reason in _QUEUES:
        return _QUEUES[reason]
    if category == "billing":
        return "billing"
    return "technical" if category in _TECHNICAL_CATEGORIES[reason] else "general"


def _at_least(severity: Severity, floor: Severity) -> Severity:
    return max(severity, floor, key=_LADDER.index)


def _check_threshold(name: str, value: float) -> None:
    kinds = sorted({known.rpartition(".")[2] for known in THRESHOLDS})
    if name not in THRESHOLDS and name not in kinds:
        raise ValueError(f"unknown escalation threshold {name!r}: expected one of {', '.join([*THRESHOLDS, *kinds])}")
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"escalation threshold {name!r} is {value}: expected a number from 0 to 1")
