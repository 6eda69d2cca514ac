"""Escalation rules: when a message is handed over to a person, with which severity and to which queue.

The tables follow context/escalation-rules.md row by row. The four reasons of WORD_REASONS are decided from two
independent signals: the wording (`wording`) and the classifier's scores over the embedding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from db.records import Priority, Queue, Severity
from deployments.rules.wording import WORD_REASONS, Wording, WordReason, WordSigns, read_words

Signal = Literal["words", "meaning", "both"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
"""Ascending; severities are the same."""

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
"""If several reasons apply, the first is the escalation's."""

THRESHOLDS: Mapping[str, float] = {
    "legal.request": 0.001,
    "legal.meaning": 0.45,
    "legal.mention": 0.65,
    "legal.product": 0.95,
    "refund.request": 0.001,
    "refund.meaning": 0.45,
    "refund.mention": 0.65,
    "refund.product": 0.95,
    "pricing.request": 0.001,
    "pricing.meaning": 0.45,
    "pricing.mention": 0.65,
    "pricing.product": 0.95,
    "human_request.request": 0.001,
    "human_request.meaning": 0.45,
    "human_request.mention": 0.65,
    "human_request.product": 0.95,
}
"""The minimum score at which a class escalates, by its wording: an English request, no sign ("meaning"), a mention,
product talk. A request in another language, or a misspelt one, escalates at any score.

Chosen by `python -m evaluation.escalation calibrate` on messages that the classifier was not trained on: a
miss costs as much as five false alarms, and no direct request may be missed. The setting ESCALATION_THRESHOLDS replaces
one of them ("refund.meaning") or one kind for all classes ("meaning").
"""

SURE = 0.9
"""The score from which a class counts as certain if several apply."""

NEUTRAL_SENTIMENT = 0.5
"""Stands in for the sentiment where no customer's message is the cause of a hand-over."""

NEGATIVE_BELOW = 0.3
UNEASY_BELOW = 0.5
FURIOUS_BELOW = 0.15
TREND_MESSAGES = 3
TREND_DROP = 0.2

_KINDS = {Wording.REQUEST: "request", Wording.MENTION: "mention", Wording.PRODUCT: "product"}
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
REASONS = tuple(_SEVERITIES)
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
    """The rules' decision about one message. Without a reason it is answered.

    `signal`: whether wording, classifier ("meaning") or both decided. `evidence`: the matched words, at most 80
    characters of normalised text; empty if the classifier alone decided. `scores`: the classifier's scores by class,
    `thresholds`: the threshold that each was compared with.
    """

    reason: WordReason | None
    signal: Signal | None
    evidence: str
    scores: Mapping[str, float]
    thresholds: Mapping[str, float]


class EscalationRules:
    """Decides the reasons of WORD_REASONS from wording and classifier scores."""

    def __init__(
        self,
        thresholds: Mapping[str, float] | None = None,
        *,
        own_names: Sequence[str] = (),
        negative_below: float = NEGATIVE_BELOW,
    ) -> None:
        """`thresholds` replaces some of THRESHOLDS; raises ValueError for an unknown key or a value beyond [0, 1].

        `own_names` are the company's and its product's: "Acme took my money" speaks of us. `negative_below`: the
        sentiment below which a message escalates.
        """
        self._own_names = tuple(own_names)
        self.negative_below = negative_below
        self._given = given = dict(thresholds or {})
        for name, value in given.items():
            _check_threshold(name, value)
        self._thresholds = {
            name: given.get(name, given.get(name.rpartition(".")[2], default)) for name, default in THRESHOLDS.items()
        }

    def over(self, thresholds: Mapping[str, float], negative_below: float | None) -> EscalationRules:
        """Return the rules with these thresholds over their own; None: the bound of sentiment stays."""
        bound = self.negative_below if negative_below is None else negative_below
        return EscalationRules({**self._given, **thresholds}, own_names=self._own_names, negative_below=bound)

    def is_negative(self, sentiment: float | None) -> bool:
        """Return whether a message of this sentiment escalates as `negative_sentiment`; an unknown one does not."""
        return sentiment is not None and sentiment < self.negative_below

    def decide(self, *, text: str, subject: str, class_scores: Mapping[str, float]) -> EscalationDecision:
        """Read the wording of a message, then `weigh` it with the scores. Raises KeyError for a missing score."""
        return self.weigh(read_words(subject, text, own_names=self._own_names), class_scores)

    def weigh(self, signs: WordSigns, class_scores: Mapping[str, float]) -> EscalationDecision:
        """Return the reason that applies, if any.

        If several apply, the first in order of WORD_REASONS that is certain, else the one with the highest score: a
        weak sign of a legal matter does not outrank a plain question about prices.
        """
        applying = {
            reason: signal
            for reason in WORD_REASONS
            if (signal := self._signal(reason, signs.wording[reason], class_scores[reason]))
        }
        thresholds: dict[str, float] = {r: self._threshold(r, signs.wording[r]) for r in WORD_REASONS}
        requested = (Wording.UNREAD, Wording.REQUEST)
        sure = [r for r in applying if signs.wording[r] in requested or class_scores[r] >= SURE]
        if not applying:
            return EscalationDecision(reason=None, signal=None, evidence="", scores=class_scores, thresholds=thresholds)
        reason = sure[0] if sure else max(applying, key=lambda one: class_scores[one])
        evidence = "" if applying[reason] == "meaning" else signs.evidence[reason]
        return EscalationDecision(
            reason=reason, signal=applying[reason], evidence=evidence, scores=class_scores, thresholds=thresholds
        )

    def _threshold(self, reason: WordReason, wording: Wording) -> float:
        return self._thresholds[f"{reason}.{_KINDS.get(wording, 'meaning')}"]

    def _signal(self, reason: WordReason, wording: Wording, score: float) -> Signal | None:
        meant = score >= self._thresholds[f"{reason}.meaning"]
        if wording is Wording.UNREAD:
            return "both" if meant else "words"
        if score < self._threshold(reason, wording):
            return None
        if wording is Wording.REQUEST:
            return "both" if meant else "words"
        return "both" if wording is Wording.MENTION else "meaning"


def severity_and_queue(
    reason: str, category: str, priority: Priority, sentiment: float | None
) -> tuple[Severity, Queue]:
    """Return severity and queue by sections 3 and 4 of escalation-rules.md. Raises KeyError for an unknown reason.

    `category` and `priority` are the ticket's, `sentiment` is in [0, 1], None when unknown.
    """
    severity = _SEVERITIES[reason]
    if priority == "critical" or is_negative(sentiment):
        severity = at_least(severity, "high")
    elif priority == "high":
        severity = at_least(severity, "medium")
    if sentiment is not None and sentiment < FURIOUS_BELOW:
        severity = "critical"
    return severity, _queue(reason, category)


def at_least(priority: Priority, floor: Priority) -> Priority:
    """Return the higher of two priorities or severities."""
    return max(priority, floor, key=PRIORITIES.index)


def is_negative(score: float | None) -> bool:
    """Return whether a message of this sentiment makes its hand-over urgent; an unknown one (None) does not."""
    return score is not None and score < NEGATIVE_BELOW


def priority_for_sentiment(current: Priority, score: float | None, earlier: Sequence[float] = ()) -> Priority:
    """Return the priority after a message of this sentiment: at least high if it is below 0.5 or `is_falling`.

    `earlier` are the known sentiments of the conversation's earlier messages, oldest first. None changes nothing.
    """
    if score is None:
        return current
    return at_least(current, "high") if score < UNEASY_BELOW or is_falling((*earlier, score)) else current


def is_falling(scores: Sequence[float]) -> bool:
    """Return whether the last three sentiments fall strictly, by at least 0.2 in total."""
    last = scores[-TREND_MESSAGES:]
    falls = all(later < before for before, later in pairwise(last))
    return len(last) == TREND_MESSAGES and falls and last[0] - last[-1] >= TREND_DROP


def _queue(reason: str, category: str) -> Queue:
    if reason in _QUEUES:
        return _QUEUES[reason]
    if category == "billing":
        return "billing"
    return "technical" if category in _TECHNICAL_CATEGORIES[reason] else "general"


def _check_threshold(name: str, value: float) -> None:
    kinds = sorted({known.rpartition(".")[2] for known in THRESHOLDS})
    if name not in THRESHOLDS and name not in kinds:
        raise ValueError(f"unknown escalation threshold {name!r}: expected one of {', '.join([*THRESHOLDS, *kinds])}")
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"escalation threshold {name!r} is {value}: expected a number from 0 to 1")
