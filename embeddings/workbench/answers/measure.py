"""What a desk would do with customers' questions: answer, ask which of a few they mean, or hand over (requirement E1).

A scorer says how likely each section answers a question. The desk answers with the best section from a threshold on;
below it, it asks about the best few where their scores together reach another.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.arrays import Floats
from embeddings.relevance import MOST_OPTIONS, options
from embeddings.workbench.answers.data import Company, CustomerQuestion

WRONG_COSTS = 8.0
"""Hand-overs that a support lead would rather have than one customer who is told something wrong."""
RANKS = (1, 3, 5, 10)
STEP = 0.05
"""Of the thresholds that are tried: the figures of five hundred questions tell no finer ones apart."""

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
    near: tuple[float, ...] = ()
    """The scores of the best MOST_OPTIONS sections."""

    @property
    def right(self) -> bool:
        """Whether the best section answers something that was asked."""
        return self.best in self.question.answers

    def asked_about(self, ask_from: float) -> int:
        """How many sections the customer would be asked about."""
        return len(options(self.near, ask_from))

    def asked_rightly(self, ask_from: float) -> bool:
        """Whether one of those answers."""
        return self.rank is not None and self.rank <= self.asked_about(ask_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Shares in [0, 1]: `right` and `asked_rightly` of the answerable questions; `wrong` and `asked_in_vain` of all;
    `answered_unanswerable` of the unanswerable ones.
    """

    threshold: float
    questions: int
    right: float
    wrong: float
    answered_unanswerable: float
    asked_rightly: float = 0.0
    asked_in_vain: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What an outcome costs, in hand-overs; a right answer costs nothing."""

    wrong: float
    asked_rightly: float = 0.5
    asked_in_vain: float = 1.5


def judge(companies: Iterable[Company], scorer: Scorer) -> list[Judged]:
    """Score every question of every company."""
    return [one for company in companies for one in _judged(company, scorer(company))]


def outcome(one: Judged, threshold: float, ask_from: float = math.inf) -> str:
    """Return what becomes of a question: right, wrong, asked rightly, asked in vain or handed over."""
    if one.score >= threshold:
        return "right" if one.right else "wrong"
    if one.asked_about(ask_from):
        return "asked rightly" if one.asked_rightly(ask_from) else "asked in vain"
    return "handed over"


def outcomes(judged: Sequence[Judged], threshold: float, ask_from: float = math.inf) -> Outcomes:
    """Return what a desk with these thresholds does; raises ZeroDivisionError without answerable questions."""
    counts = _counts(judged, threshold, ask_from)
    unanswerable = [one for one in judged if not one.question.answers]
    answerable = len(judged) - len(unanswerable)
    return Outcomes(
        threshold=threshold,
        questions=len(judged),
        right=counts["right"] / answerable,
        wrong=counts["wrong"] / len(judged),
        answered_unanswerable=sum(one.score >= threshold for one in unanswerable) / max(len(unanswerable), 1),
        asked_rightly=counts["asked rightly"] / answerable,
        asked_in_vain=counts["asked in vain"] / len(judged),
    )


def _counts(judged: Iterable[Judged], threshold: float, ask_from: float) -> Counter[str]:
    return Counter(outcome(one, threshold, ask_from) for one in judged)


def cheapest_threshold(judged: Sequence[Judged], wrong_costs: float = WRONG_COSTS) -> float:
    """Return the threshold with the least cost for scores that are no shares, so that nobody is asked back."""
    ordered = sorted(judged, key=lambda one: -one.score)
    gains = np.cumsum([1.0 if one.right else 1.0 - wrong_costs for one in ordered])
    best = int(np.argmax(gains))
    return ordered[best].score if gains[best] > 0 else float("inf")


def cheapest_thresholds(judged: Sequence[Judged], costs: Costs) -> tuple[float, float]:
    """Return the threshold of answering, and that of asking, with the least cost."""
    grid = [round(step * STEP, 2) for step in range(1, round(1 / STEP))]
    return min(itertools.product(grid, grid), key=lambda pair: _cost(judged, pair, costs))


def _cost(judged: Sequence[Judged], thresholds: tuple[float, float], costs: Costs) -> float:
    counts = _counts(judged, *thresholds)
    asked = costs.asked_rightly * counts["asked rightly"] + costs.asked_in_vain * counts["asked in vain"]
    return counts["handed over"] + costs.wrong * counts["wrong"] + asked


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


def by_voice(judged: Sequence[Judged], threshold: float, ask_from: float = math.inf) -> dict[str, dict[str, int]]:
    """Return by voice the counts of right, wrong, asked rightly, asked in vain and handed over."""
    voices: dict[str, list[Judged]] = {}
    for one in judged:
        voices.setdefault(one.question.voice, []).append(one)
    return {voice: dict(_counts(own, threshold, ask_from)) for voice, own in voices.items()}


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
            near=tuple(row[order[:MOST_OPTIONS]].tolist()),
        )
