"""Measures models on a team's own set, beside BM25 and the model in service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import Floats
from embeddings.encoder import Encoder
from embeddings.workbench.evaluate import bm25
from embeddings.workbench.measuring.figures import NAMES, Difference, Interval, Ranked, difference, interval, ranked
from embeddings.workbench.measuring.resources import Resources, resources_of
from embeddings.workbench.sets.retrieval_set import RetrievalSet

WORDS = "BM25"
BATCH = 256
Progress = Callable[[int, int], None]
"""Told how many texts of how many are encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One search: its figures by name, the separation of answerable from not, what it takes, and how it ranked."""

    name: str
    figures: dict[str, Interval]
    separation: float | None
    resources: Resources | None
    against: dict[str, Difference]
    """Its figures minus those of the model in service; none for that one itself."""
    ranked: Ranked


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A query on which the two models differ: what was wanted, and what each found first."""

    query: str
    wanted: str
    in_service: str
    candidate: str
    better: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every search on one set; `in_service` names the model that the others are held against."""

    data: RetrievalSet
    in_service: str
    searches: tuple[Measured, ...]

    def search(self, name: str) -> Measured:
        """Return a search by its name."""
        return next(one for one in self.searches if one.name == name)

    @property
    def candidates(self) -> list[Measured]:
        """The models that are not in service."""
        return [one for one in self.searches if one.name not in (WORDS, self.in_service)]

    def misses(self, name: str) -> list[Miss]:
        """Return queries that only one of a model and the one in service answers first: losses, then gains.

        Of both the worst first: the further from the first place the answer was with the other model.
        """
        ours, theirs = self.search(name).ranked, self.search(self.in_service).ranked
        rows = np.flatnonzero(ours.answerable)
        gaps = ours.per_query["mrr"] - theirs.per_query["mrr"]
        first = ours.per_query["recall@1"] != theirs.per_query["recall@1"]
        order = [int(place) for place in np.argsort(gaps, kind="stable") if first[place]]
        losses = [place for place in order if gaps[place] < 0]
        gains = [place for place in reversed(order) if gaps[place] > 0]
        return [self._miss(int(rows[place]), ours, theirs, better=bool(gaps[place] > 0)) for place in (*losses, *gains)]

    def _miss(self, row: int, ours: Ranked, theirs: Ranked, *, better: bool) -> Miss:
        passages = self.data.passages
        return Miss(
            query=self.data.queries[row],
            wanted=passages[min(self.data.relevant[row])],
            in_service=passages[int(theirs.top[row][0])],
            candidate=passages[int(ours.top[row][0])],
            better=better,
        )

    def as_json(self) -> dict[str, Any]:
        """Return all but the single queries as plain values."""
        return {
            "data": self.data.name,
            "data_sha256": self.data.sha256,
            "questions": len(self.data.queries),
            "answerable": self.data.answerable,
            "passages": len(self.data.passages),
            "in_service": self.in_service,
            "searches": [_plain(one) for one in self.searches],
        }


def _plain(one: Measured) -> dict[str, Any]:
    return {
        "search": one.name,
        **{name: asdict(found) for name, found in one.figures.items()},
        "separation": one.separation,
        "resources": asdict(one.resources) if one.resources else None,
        "against_in_service": {name: asdict(found) for name, found in one.against.items()},
    }


def compare(
    models: Sequence[str],
    in_service: str,
    data: RetrievalSet,
    *,
    progress: Progress = lambda _done, _of: None,
    threads: int = 2,
    with_resources: bool = True,
) -> Comparison:
    """Measure BM25, the model in service and each other one; models are built-in names or folders.

    Raises ModelNotFoundError, ModelNotUsableError, InvalidDataError for a set that is too small.
    """
    data.require_enough()
    encoders = [Encoder(in_service, threads), *(Encoder(model, threads) for model in models)]
    found = {WORDS: ranked(WORDS, bm25(data.passages, data.queries), data)}
    taken: dict[str, Resources] = {}
    texts = len(data.queries) + len(data.passages)
    for number, (encoder, model) in enumerate(zip(encoders, (in_service, *models), strict=True)):
        done = number * texts
        scores = cosines(encoder, data, lambda n, done=done: progress(done + n, texts * len(encoders)))  # type: ignore[misc]
        found[encoder.model_id] = ranked(encoder.model_id, scores, data)
        if with_resources:
            taken[encoder.model_id] = resources_of(model)
    base = found[encoders[0].model_id]
    return Comparison(
        data=data,
        in_service=base.name,
        searches=tuple(_measured(one, base, taken.get(name)) for name, one in found.items()),
    )


def cosines(encoder: Encoder, data: RetrievalSet, progress: Callable[[int], None] = lambda _n: None) -> Floats:
    """Return the cosine of every query with every passage."""
    texts = [*data.passages, *data.queries]
    parts = []
    for start in range(0, len(texts), BATCH):
        parts.append(encoder.encode(texts[start : start + BATCH]))
        progress(min(start + BATCH, len(texts)))
    vectors = np.concatenate(parts)
    passages = len(data.passages)
    scores: NDArray[np.float32] = vectors[passages:] @ vectors[:passages].T
    return scores


def _measured(one: Ranked, base: Ranked, taken: Resources | None) -> Measured:
    against = {} if one is base else {name: difference(one.per_query[name], base.per_query[name]) for name in NAMES}
    return Measured(
        name=one.name,
        figures={name: interval(one.per_query[name]) for name in NAMES},
        separation=one.separation,
        resources=taken,
        against=against,
        ranked=one,
    )
