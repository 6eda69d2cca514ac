"""What a desk would do with customers' questions: answer rightly, answer wrongly, or hand over (requirement E1).

A scorer says how likely each section answers a question. The desk answers with the best section from a threshold on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.arrays import Floats
from embeddings.workbench.answers.data import Company, CustomerQuestion

WRONG_COSTS = 8.0
"""Hand-overs that a support lead would rather have than one customer who is told something wrong."""
RANKS = (1, 3, 5, 10)

Scorer = Callable[[Company], Floats]
"""(questions, sections) of a company: the higher, the more likely the section answers the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A question with its sections' scores, best first; `right` tells whether the best one answers it."""

    company: str
    question: CustomerQuestion
    best: int
    score: float
    rank: int | None
    """Place of the first section that answers, from 1; None for an unanswerable question."""

    @property
    def right(self) -> bool:
        """Whether the best section answers something that was asked."""
        return self.best in self.question.answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Shares in [0, 1]: `right` of the answerable questions; `wrong` of all; `answered` of the unanswerable ones."""

    threshold: float
    questions: int
    right: float
    wrong: float
    answered_unanswerable: float


def judge(companies: Iterable[Company], scorer: Scorer) -> list[Judged]:
    """Score every question of every company."""
    return [one for company in companies for one in _judged(company, scorer(company))]


def outcomes(judged: Sequence[Judged], threshold: float) -> Outcomes:
    """Return what a desk with this threshold does; raises ZeroDivisionError without answerable questions."""
    answerable = [one for one in judged if one.question.answers]
    told = [one for one in judged if one.score >= threshold]
    unanswerable = len(judged) - len(answerable)
    return Outcomes(
        threshold=threshold,
        questions=len(judged),
        right=sum(one.right for one in told) / len(answerable),
        wrong=sum(not one.right for one in told) / len(judged),
        answered_unanswerable=sum(not one.question.answers for one in told) / max(unanswerable, 1),
    )


def cheapest_threshold(judged: Sequence[Judged], wrong_costs: float = WRONG_COSTS) -> float:
    """Return the threshold with the least cost: a hand-over costs 1, a wrong answer `wrong_costs`, a right one 0."""
    ordered = sorted(judged, key=lambda one: -one.score)
    gains = np.cumsum([1.0 if one.right else 1.0 - wrong_costs for one in ordered])
    best = int(np.argmax(gains))
    return ordered[best].score if gains[best] > 0 else float("inf")


def recall(judged: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """Return by voice, and for all, how often a section that answers is among the first 1, 3, 5 and 10."""
    ranks: dict[str, list[int]] = {}
    for one in judged:
        if one.rank is not None:
            ranks.setdefault(one.question.voice, []).append(one.rank)
            ranks.setdefault("all", []).append(one.rank)
    return {
        voice: {f"@{limit}": round(float(np.mean(np.array(own) <= limit)), 3) for limit in RANKS}
        for voice, own in ranks.items()
    }


def by_voice(judged: Sequence[Judged], threshold: float) -> dict[str, dict[str, int]]:
    """Return by voice the counts of right, wrong and handed over."""
    counts: dict[str, Counter[str]] = {}
    for one in judged:
        outcome = "handed over" if one.score < threshold else "right" if one.right else "wrong"
        counts.setdefault(one.question.voice, Counter())[outcome] += 1
    return {voice: dict(count) for voice, count in counts.items()}


def _judged(company: Company, scores: Floats) -> Iterable[Judged]:
    for question, row in zip(company.questions, scores, strict=True):
        order = np.argsort(-row)
        places = [place for place, section in enumerate(order, start=1) if int(section) in question.answers]
        yield Judged(
            company=company.name,
            question=question,
            best=int(order[0]),
            score=float(row[order[0]]),
            rank=places[0] if places else None,
        )
