"""A linear adapter over frozen vectors: seconds of training, tried before a whole model is tuned.

Queries and passages go through the same matrix. It starts as the identity and is held near it, so that what the data
say nothing of stays as it was; the epoch that finds most on a tenth put aside is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from embeddings.arrays import Floats

SEED = 7
EPOCHS = 40
BATCH = 64
RATE = 5e-3
TEMPERATURE = 0.05
HELD = 1e-3
"""What a step away from the identity costs."""
ASIDE = 0.1
PATIENCE = 8
"""Epochs without a better one after which training ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Vectors of queries (n, d) and passages (m, d), and the places of the passages that answer each query."""

    queries: Floats
    passages: Floats
    relevant: Sequence[frozenset[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """`weights` (d, d), and the MRR on the part put aside: without it, with it, by epoch."""

    weights: Floats
    before: float
    after: float
    curve: tuple[float, ...]


def fit_adapter(
    pairs: Pairs, *, seed: int = SEED, epochs: int = EPOCHS, progress: Callable[[int, int], None] = lambda _n, _of: None
) -> Adapter:
    """Train; the same seed and machine give the same matrix up to rounding.

    Raises ValueError for fewer than 20 queries.
    """
    rows = np.array([row for row, places in enumerate(pairs.relevant) if places])
    if len(rows) < 20:
        raise ValueError(f"{len(rows)} questions with an answer to train with; at least 20 are needed")
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the matrices are small: more threads would wait for each other
    rng.shuffle(rows)
    aside = max(10, int(len(rows) * ASIDE))
    held_out, known = rows[:aside], rows[aside:]
    queries, passages = torch.from_numpy(pairs.queries), torch.from_numpy(pairs.passages)
    identity = torch.eye(queries.shape[1])
    weights = torch.nn.Parameter(identity.clone())
    optimizer = torch.optim.Adam([weights], lr=RATE)
    before = reciprocal_rank(identity.numpy(), pairs, held_out)
    best, found, curve = before, identity.numpy(), [before]
    for epoch in range(epochs):
        _epoch(pairs, known, queries, passages, weights, optimizer, rng)
        curve.append(reciprocal_rank(weights.detach().numpy(), pairs, held_out))
        progress(epoch + 1, epochs)
        if curve[-1] > best:
            best, found = curve[-1], weights.detach().numpy().copy()
        elif len(curve) - 1 - int(np.argmax(curve)) >= PATIENCE:
            break
    return Adapter(weights=found.astype(np.float32), before=before, after=best, curve=tuple(curve))


def reciprocal_rank(weights: Floats, pairs: Pairs, rows: np.ndarray) -> float:
    """Return the mean of 1 / rank of the first passage that answers, of some queries; a query does not find itself."""
    asked, passages = _unit(pairs.queries[rows] @ weights), _unit(pairs.passages @ weights)
    scores = asked @ passages.T
    scores[_itself(pairs, rows)] = -2.0
    best = np.array([own[sorted(pairs.relevant[row])].max() for own, row in zip(scores, rows, strict=True)])
    return float((1.0 / np.maximum((scores >= best[:, None]).sum(axis=1), 1)).mean())


def _itself(pairs: Pairs, rows: np.ndarray) -> tuple[list[int], list[int]]:
    """Return the places where a query is a passage: a labelled text searches among the others of its label."""
    places: dict[bytes, list[int]] = {}
    for place, passage in enumerate(pairs.passages):
        places.setdefault(passage.tobytes(), []).append(place)
    found = [(number, at) for number, row in enumerate(rows) for at in places.get(pairs.queries[row].tobytes(), ())]
    return [number for number, _ in found], [at for _, at in found]


def _epoch(
    pairs: Pairs,
    known: np.ndarray,
    queries: torch.Tensor,
    passages: torch.Tensor,
    weights: torch.nn.Parameter,
    optimizer: torch.optim.Optimizer,
    rng: np.random.Generator,
) -> None:
    """Go through the queries once: each has to find its passage among those of its batch."""
    identity = torch.eye(len(weights))
    order = rng.permutation(known)
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        chosen = [int(rng.choice(sorted(pairs.relevant[row]))) for row in rows]
        others = torch.tensor([[place in pairs.relevant[row] for place in chosen] for row in rows])
        others.fill_diagonal_(False)  # a passage that answers as well is no wrong one
        asked = functional.normalize(queries[rows] @ weights, dim=1)
        found = functional.normalize(passages[chosen] @ weights, dim=1)
        logits = (asked @ found.T / TEMPERATURE).masked_fill(others, -1e4)
        loss = functional.cross_entropy(logits, torch.arange(len(rows)))
        loss = loss + HELD * (weights - identity).square().sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _unit(rows: Floats) -> Floats:
    scaled: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled
