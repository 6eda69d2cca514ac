"""Parts the training questions: those to train with, and a few to tell trials and checkpoints apart by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from embeddings.workbench.sets.retrieval_set import RetrievalSet

ASIDE = 8
"""One of so many questions is put aside."""
MOST_ASIDE = 400
MOST_PASSAGES = 2_000
"""Of those that the questions aside are searched among: each measurement encodes them all."""


def parted(train: RetrievalSet, *, seed: int) -> tuple[RetrievalSet, RetrievalSet]:
    """Return what to train with, and what to measure with.

    A text that is put aside is no passage of either part: among labelled texts a question would find itself.
    """
    rng = np.random.default_rng(seed)
    rows = rng.permutation([row for row, places in enumerate(train.relevant) if places])
    aside = sorted(int(row) for row in rows[: min(MOST_ASIDE, len(rows) // ASIDE)])
    kept = sorted(int(row) for row in rows[len(aside) :])
    texts = {train.queries[row] for row in aside}
    open_to_all = [place for place, passage in enumerate(train.passages) if passage not in texts]
    return _only(train, kept, open_to_all), _only(train, aside, _some(train, aside, open_to_all, rng))


def _some(train: RetrievalSet, rows: Iterable[int], places: list[int], rng: np.random.Generator) -> list[int]:
    """Return at most MOST_PASSAGES places, of each question's answers one at least."""
    if len(places) <= MOST_PASSAGES:
        return places
    allowed = set(places)
    needed = {int(rng.choice(own)) for row in rows if (own := sorted(train.relevant[row] & allowed))}
    others = rng.permutation([place for place in places if place not in needed])
    return sorted(needed | {int(place) for place in others[: max(0, MOST_PASSAGES - len(needed))]})


def _only(train: RetrievalSet, rows: Iterable[int], places: list[int]) -> RetrievalSet:
    """Return some questions over some passages; a question that loses all its answers goes too."""
    new = {place: number for number, place in enumerate(places)}
    found = [(train.queries[row], frozenset(new[p] for p in train.relevant[row] if p in new)) for row in rows]
    return replace(
        train,
        queries=tuple(query for query, own in found if own),
        passages=tuple(train.passages[place] for place in places),
        relevant=tuple(own for _query, own in found if own),
    )
