"""Thresholds from what became of the product's own decisions: their scores are in the store, no text is read.

Only where the desk itself shows whether a person was needed (`db.staff.outcomes`).
"""

from __future__ import annotations

from collections.abc import Sequence

from db.staff.outcomes import Decided
from deployments.rules.escalation import NEGATIVE_BELOW
from deployments.rules.wording import WORD_REASONS
from embeddings.workbench.sets.rows import InvalidDataError
from embeddings.workbench.thresholds import Counted, Fitted, fit
from serve_app.cli.thresholds.costs import Costs
from serve_app.cli.thresholds.labelled import FINE, counted_moods

FEWEST = 30
"""Known outcomes below which a threshold would hang on single tickets."""
Scored = Sequence[tuple[float, bool]]
"""A score, and whether a person was needed."""


def of_mood(found: Sequence[Decided], costs: Costs, today: float | None) -> Fitted:
    """Fit on hand-overs for the mood, and on answers. Raises InvalidDataError where too little is known."""
    own = [one for one in found if "sentiment" in one.scores and one.reason in (None, "negative_sentiment")]
    _require(own, "mood")
    counted = counted_moods([one.scores["sentiment"] for one in own], [one.needed for one in own])
    return fit("mood", counted, FINE, today=NEGATIVE_BELOW if today is None else today, texts=len(own), **costs.named)


def of_meaning(
    found: Sequence[Decided], costs: Costs, today: float, allowed: Sequence[float], grid: Sequence[float]
) -> Fitted:
    """Fit the score of a message without a word of a class, on answers and on hand-overs by meaning alone.

    `allowed`: the thresholds of the grid at which no direct request is missed.
    """
    own = [
        (score, one.needed)
        for one in found
        if one.outcome == "answered" or one.rule.startswith("meaning:")
        if (score := _wordless(one, today)) is not None
    ]
    _require(own, "escalation")
    counted = _from_on(own)
    return fit(
        "escalation", lambda t: (*counted(t)[:2], t in allowed), grid, today=today, texts=len(own), **costs.named
    )


def of_relevance(found: Sequence[Decided], costs: Costs, today: float, grid: Sequence[float]) -> Fitted:
    """Fit the share from which a passage answers: an alarm is an answer that was none, a miss a needless hand-over."""
    own = [
        (best, one.needed)
        for one in found
        if one.outcome == "answered" or one.reason == "no_kb_match"
        if (best := _best_share(one)) is not None
    ]
    _require(own, "relevance")

    def counted(threshold: float) -> tuple[int, int, bool]:
        misses = sum(not needed and score < threshold for score, needed in own)
        return misses, sum(needed and score >= threshold for score, needed in own), True

    return fit("relevance", counted, grid, today=today, texts=len(own), **costs.named)


def _from_on(own: Scored) -> Counted:
    def counted(threshold: float) -> tuple[int, int, bool]:
        misses = sum(needed and score < threshold for score, needed in own)
        return misses, sum(not needed and score >= threshold for score, needed in own), True

    return counted


def _wordless(one: Decided, today: float) -> float | None:
    """Return the highest score of a class that no word spoke for, which the threshold in the record tells."""
    scores = [
        one.scores[f"escalation.{reason}"]
        for reason in WORD_REASONS
        if one.scores.get(f"escalation.{reason}.threshold") == today
    ]
    return max(scores, default=None)


def _best_share(one: Decided) -> float | None:
    shares = [score for name, score in one.scores.items() if name.startswith("relevance.") and name[10:].isdecimal()]
    return max(shares, default=None)


def _require(own: Sequence[object], what: str) -> None:
    if len(own) < FEWEST:
        raise InvalidDataError(
            f"{len(own)} decisions about {what} have a known outcome (a reply of the staff, a hand-over given back, a "
            f"customer's mark); at least {FEWEST} are needed: label some texts, and use --data"
        )
