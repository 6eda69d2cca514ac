"""The gate before a model's service: every check holds, or nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.encoder import Encoder, ModelNotUsableError
from embeddings.vector_model import VectorModel
from embeddings.workbench.measuring.compare import Comparison, Progress, compare
from embeddings.workbench.measuring.figures import Difference, difference
from embeddings.workbench.registry.heads import Corrections, head_figures, train_heads
from embeddings.workbench.sets.retrieval_set import RetrievalSet

MOST_DIMENSIONS = 2_000
"""What pgvector's HNSW index takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a model may lose and take.

    recall, heads: how much lower a figure may be, of which the interval must not lie below 0 whole · relevance: the
    same in hand-overs a question · latency: times the processor time of the model in service · memory_mb: of a replica
    · beyond_chance: a loss that is more than chance passes too, up to those limits.
    """

    recall: float = 0.02
    heads: float = 0.02
    relevance: float = 0.05
    latency: float = 10.0
    memory_mb: float = 1_024.0
    beyond_chance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One figure against its limit; `line` says both, and by how much it fails."""

    name: str
    ok: bool
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate found."""

    checks: tuple[Check, ...]
    comparison: Comparison

    @property
    def failed(self) -> list[Check]:
        """The checks that do not hold."""
        return [check for check in self.checks if not check.ok]

    @property
    def metrics(self) -> dict[str, Any]:
        """The figures, as the registry keeps them."""
        return self.comparison.as_json() | {"checks": [asdict(check) for check in self.checks]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Measures a candidate (a folder) against the model in service (a built-in name or folder).

    `every`: heads are trained, and measured, on one of so many of our texts · `corrections`: a desk's own, see
    `train_heads` · `told` hears what is being done.
    """

    data: RetrievalSet
    in_service: str
    limits: Limits
    every: int = 1
    corrections: Corrections = ()
    told: Callable[[str], None] = lambda _what: None
    progress: Progress = lambda _done, _of: None

    def judge(self, folder: Path) -> Verdict:
        """Measure, train the heads into the folder, measure those. A model that finds less gets no heads.

        Raises ModelNotFoundError, ModelNotUsableError, InvalidDataError.
        """
        encoder = require_usable(folder)
        self.told("searching the team's questions")
        comparison = compare([str(folder)], self.in_service, self.data, progress=self.progress)
        checks = [*self._search_checks(comparison, encoder.model_id), *self._cost_checks(comparison, encoder.model_id)]
        if all(check.ok for check in checks):
            train_heads(
                encoder,
                folder,
                every=self.every,
                corrections=self.corrections,
                told=lambda what: self.told(f"training: {what}"),
            )
            self.told("measuring the heads")
            checks += self._head_checks(folder)
        return Verdict(checks=tuple(checks), comparison=comparison)

    def _search_checks(self, found: Comparison, model_id: str) -> list[Check]:
        if model_id == found.in_service:
            raise ModelNotUsableError(f"{model_id} is in service already")
        ours, theirs = found.search(model_id), found.search(found.in_service)
        return [
            not_worse(
                name,
                theirs.figures[name].value,
                ours.figures[name].value,
                ours.against[name],
                self.limits.recall,
                beyond_chance=self.limits.beyond_chance,
            )
            for name in ("recall@1", "recall@5")
        ]

    def _cost_checks(self, found: Comparison, model_id: str) -> list[Check]:
        ours, theirs = found.search(model_id).resources, found.search(found.in_service).resources
        assert ours is not None
        assert theirs is not None
        times = ours.cpu_ms / theirs.cpu_ms
        return [
            at_most("processor time", times, self.limits.latency, f"{ours.cpu_ms:.1f} ms a question, × {{:.1f}}"),
            at_most("memory", ours.memory_mb, self.limits.memory_mb, "{:.0f} MB"),
        ]

    def _head_checks(self, folder: Path) -> list[Check]:
        new = head_figures(VectorModel.load(str(folder)), every=self.every, corrections=self.corrections)
        old = head_figures(VectorModel.load(self.in_service), every=self.every, corrections=self.corrections)
        return [
            not_worse(
                name,
                float(old[name].mean()),
                float(new[name].mean()),
                difference(new[name], old[name]),
                self.limits.relevance if name == "relevance" else self.limits.heads,
                beyond_chance=self.limits.beyond_chance,
            )
            for name in new
        ]


def require_usable(folder: Path) -> Encoder:
    """Open a candidate. Raises ModelNotFoundError, and ModelNotUsableError for one whose vectors can't be stored."""
    encoder = Encoder(str(folder), threads=2)
    if encoder.dimensions > MOST_DIMENSIONS:
        raise ModelNotUsableError(
            f"{encoder.model_id} has vectors of {encoder.dimensions:,}; the index takes at most {MOST_DIMENSIONS:,}: "
            "put an adapter behind it"
        )
    try:
        one, other = encoder.encode(["How do I reset my password?", "Where is my invoice?"])
    except Exception as error:  # ONNX Runtime's errors have no common class
        raise ModelNotUsableError(f"{folder} does not encode: {str(error).splitlines()[0]}") from error
    if not (np.isfinite(one).all() and np.isfinite(other).all()) or float(one @ other) > 0.9999:
        raise ModelNotUsableError(f"{folder} gives every text the same vector, or none")
    return encoder


def not_worse(name: str, old: float, new: float, gap: Difference, tolerance: float, *, beyond_chance: bool) -> Check:
    """Refuse what is lower by more than the tolerance, or, unless that is allowed, lower beyond chance."""
    ok = gap.value >= -tolerance and (beyond_chance or gap.high >= 0)
    line = f"{name} {old:.3f} → {new:.3f}: {gap.value:+.3f}, between {gap.low:+.3f} and {gap.high:+.3f}"
    why = f"; at most {tolerance:.3f} may be lost" if gap.value < -tolerance else "; that is more than chance"
    return Check(name=name, ok=ok, line=line if ok else f"{line}{why}")


def at_most(name: str, value: float, limit: float, form: str) -> Check:
    """Refuse what is more than the limit; `form` has a place for the value."""
    ok = value <= limit
    line = f"{name} {form.format(value)}"
    return Check(name=name, ok=ok, line=line if ok else f"{line}; at most {limit:g}, {value - limit:.1f} too much")
