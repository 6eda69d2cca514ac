"""Figures of a search with their intervals, and what tells two searches apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.workbench.evaluate import area_under_curve
from embeddings.workbench.sets.retrieval_set import RetrievalSet

DRAWS = 2_000
SEED = 7
DEPTH = 10
NAMES = ("recall@1", "recall@5", "mrr", "ndcg@10")

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure, and between what it would fall in 95 of 100 other draws of as many questions."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """What a search made of a set. `per_query[name]` is (n,) over the answerable queries, `best` (m,) over all.

    `top` (m, DEPTH): the places of the first passages, best first.
    """

    name: str
    per_query: dict[str, Numbers]
    best: Numbers
    answerable: NDArray[np.bool_]
    top: NDArray[np.int64]

    @property
    def separation(self) -> float | None:
        """How often an answerable query's best score is above an unanswerable one's; None without both."""
        if self.answerable.all() or not self.answerable.any():
            return None
        return area_under_curve(self.best, self.answerable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A figure of one search minus that of another on the same queries; `p` of its being chance alone."""

    value: float
    low: float
    high: float
    p: float


def ranked(name: str, scores: NDArray[np.floating], given: RetrievalSet) -> Ranked:
    """Rank scores (queries, passages)."""
    answerable = np.array([bool(places) for places in given.relevant])
    depth = min(DEPTH, scores.shape[1])
    top = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    rows = np.flatnonzero(answerable)
    figures = [_query(scores[row], given.relevant[row], top[row]) for row in rows]
    columns = np.array(figures, dtype=np.float64).reshape(len(rows), len(NAMES))
    return Ranked(
        name=name,
        per_query={figure: columns[:, place] for place, figure in enumerate(NAMES)},
        best=scores.max(axis=1).astype(np.float64),
        answerable=answerable,
        top=top.astype(np.int64),
    )


def _query(scores: NDArray[np.floating], relevant: frozenset[int], top: NDArray[np.int64]) -> tuple[float, ...]:
    places = sorted(relevant)
    others = np.delete(scores, places)
    rank = 1 + int((others >= scores[places].max()).sum())  # a draw counts against the search: words in none score 0
    found = np.isin(top, places)
    discounts = 1 / np.log2(np.arange(2, 2 + len(top)))
    gained, ideal = float(discounts[found].sum()), float(discounts[: min(len(relevant), len(top))].sum())
    return float(rank <= 1), float(rank <= 5), 1 / rank, gained / ideal


def interval(values: Sequence[float] | Numbers) -> Interval:
    """Return the mean of values with its interval, by drawing them again."""
    own = np.asarray(values, dtype=np.float64)
    means = _drawn_means(own)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(value=float(own.mean()), low=float(low), high=float(high))


def difference(new: Sequence[float] | Numbers, old: Sequence[float] | Numbers) -> Difference:
    """Compare two searches query by query: the interval by drawing queries again, `p` by turning signs at random."""
    gaps = np.asarray(new, dtype=np.float64) - np.asarray(old, dtype=np.float64)
    found = interval(gaps)
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], size=(DRAWS, len(gaps)))
    turned = (signs * gaps).mean(axis=1)
    p = (1 + int((np.abs(turned) >= abs(found.value) - 1e-12).sum())) / (DRAWS + 1)
    return Difference(value=found.value, low=found.low, high=found.high, p=p)


def _drawn_means(values: Numbers) -> Numbers:
    rng = np.random.default_rng(SEED)
    return np.array([values[rng.integers(0, len(values), len(values))].mean() for _ in range(DRAWS)])
