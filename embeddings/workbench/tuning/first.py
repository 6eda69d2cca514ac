"""The adapter that is tried before a whole encoder is tuned, measured as the trials are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sentence_transformers import SentenceTransformer

from embeddings.arrays import Floats
from embeddings.workbench.measuring.figures import ranked
from embeddings.workbench.sets.retrieval_set import RetrievalSet
from embeddings.workbench.tuning.adapter import Pairs, fit_adapter
from embeddings.workbench.tuning.trainer import vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """recall@1 on what is put aside: of the base, and with an adapter; None: too few questions for one."""

    base: float
    adapter: float | None


def tried(base: str, train: RetrievalSet, dev: RetrievalSet, *, seed: int) -> First:
    """Train an adapter over the base's vectors and measure both."""
    torch.set_num_threads(1)
    model = SentenceTransformer(base, device=None if torch.cuda.is_available() else "cpu")
    queries, passages = vectors(model, dev.queries), vectors(model, dev.passages)
    pairs = Pairs(
        queries=vectors(model, train.queries), passages=vectors(model, train.passages), relevant=train.relevant
    )
    try:
        weights = fit_adapter(pairs, seed=seed).weights
    except ValueError:  # too few questions
        return First(base=_found(queries, passages, dev), adapter=None)
    return First(
        base=_found(queries, passages, dev),
        adapter=_found(_behind(queries, weights), _behind(passages, weights), dev),
    )


def _behind(found: Floats, weights: Floats) -> Floats:
    turned = torch.nn.functional.normalize(torch.from_numpy(found @ weights), dim=1)
    return turned.numpy()


def _found(queries: Floats, passages: Floats, dev: RetrievalSet) -> float:
    return float(ranked("first", queries @ passages.T, dev).per_query["recall@1"].mean())
