"""Fits and measures a team's own classifier of mood (SENTIMENT_MODEL) beside the head that it would replace."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from embeddings.arrays import Floats
from embeddings.sentiment import ESCALATE_BELOW, LABELS, RAISE_BELOW
from embeddings.sentiment_model import SentimentModel
from embeddings.vector_model import VectorModel
from embeddings.workbench.measuring.figures import difference
from embeddings.workbench.registry.gate import Check, at_most, not_worse
from embeddings.workbench.sentiment import calibrate
from embeddings.workbench.sentiment_measure import expected_cost, messages, neutral_questions, read_fresh
from embeddings.workbench.sets.read import DataFile
from embeddings.workbench.sets.retrieval_set import sides
from embeddings.workbench.sets.rows import InvalidDataError

FEWEST = 20
"""Texts of a mood below which nothing is said of a classifier."""
TIMED = 40
Asked = Sequence[tuple[str, str]]
"""Texts with their moods, of LABELS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """loss: how much lower a share may be, of which the interval must not lie below 0 whole · cpu_ms: a message."""

    loss: float = 0.02
    cpu_ms: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The figures of the head and of the classifier, and the checks that decide."""

    texts: int
    figures: dict[str, dict[str, float]]
    checks: tuple[Check, ...]

    @property
    def failed(self) -> list[Check]:
        """The checks that do not hold."""
        return [check for check in self.checks if not check.ok]

    def as_json(self) -> dict[str, Any]:
        """Return them as plain values."""
        checks = [{"name": one.name, "ok": one.ok, "line": one.line} for one in self.checks]
        return {"texts": self.texts, "figures": self.figures, "checks": checks}


def given_in(data: DataFile | None) -> tuple[Asked, Asked]:
    """Return what to fit with and what to measure on: of a team's file, else ours. Raises InvalidDataError."""
    if data is None:
        made = messages()
        own = [one for one in (*made, *neutral_questions()) if one.split == "train"]
        unseen = [*(one for one in made if one.split == "test"), *read_fresh()]
        return [(one.text, one.label) for one in own], [(one.text, one.label) for one in unseen]
    if data.kind != "labels" or (others := {str(one.label) for one in data.examples} - set(LABELS)):
        found = f": {', '.join(sorted(others)[:5])}" if data.kind == "labels" else ""
        raise InvalidDataError(f"{data.name}: expected texts with the labels {', '.join(LABELS)}{found}")
    parts = sides(data)
    train, test = ([(one.text, str(one.label)) for one in parts[side]] for side in ("train", "test"))
    return train, test


def fit(folder: Path, known: Asked) -> SentimentModel:
    """Choose the anchors with the least cost on these texts and write them into the folder's `labels.json`.

    A replica that starts meanwhile reads the file whole, as it was or as it is now.
    """
    _require(known)
    model = SentimentModel.load(folder, threads=2)
    anchors = calibrate(_numbers(known), model.mean_mood([text for text, _ in known]))
    pairs = tuple((round(float(mood), 4), round(float(score), 4)) for mood, score in anchors)
    labels = replace(model.labels, anchors=pairs)
    made = folder / ".labels.json.new"
    made.write_text(json.dumps(labels.as_json(), ensure_ascii=False) + "\n", encoding="utf-8")
    made.replace(folder / "labels.json")
    return SentimentModel.load(folder, threads=2)


def measure(model: SentimentModel, head: VectorModel, asked: Asked, limits: Limits) -> Measured:
    """Measure both on texts that neither was fitted with. Raises InvalidDataError for too few."""
    _require(asked)
    texts, moods = [text for text, _ in asked], _numbers(asked)
    old = head.sentiment.score(texts, head.encoder.encode(texts))
    new = model.score(texts)
    taken = _cpu_ms(model, texts)
    rows = {
        "right bands": np.full(len(asked), True),
        "furious handed over": moods == 0,
        "calm left alone": moods >= LABELS.index("neutral"),
    }
    checks = [
        not_worse(
            name,
            float(_right(old, moods)[chosen].mean()),
            float(_right(new, moods)[chosen].mean()),
            difference(_right(new, moods)[chosen], _right(old, moods)[chosen]),
            limits.loss,
            beyond_chance=False,
        )
        for name, chosen in rows.items()
    ]
    checks.append(at_most("processor time", taken, limits.cpu_ms, "{:.1f} ms a message beside the encoder's"))
    figures = {"head": _figures(old, moods), "model": _figures(new, moods) | {"cpu_ms": round(taken, 1)}}
    return Measured(texts=len(asked), figures=figures, checks=tuple(checks))


def _right(scores: Floats, moods: NDArray[np.int64]) -> NDArray[np.float64]:
    bands = np.digitize(scores, [ESCALATE_BELOW, RAISE_BELOW])
    return np.asarray(bands == np.minimum(moods, 2), dtype=np.float64)


def _figures(scores: Floats, moods: NDArray[np.int64]) -> dict[str, float]:
    return {
        "right_bands": round(float(_right(scores, moods).mean()), 3),
        "auc_furious": round(float(roc_auc_score(moods == 0, -scores)), 3),
        "cost_a_message": round(expected_cost(moods, scores, ESCALATE_BELOW, RAISE_BELOW), 3),
    }


def _cpu_ms(model: SentimentModel, texts: Sequence[str]) -> float:
    began = time.process_time()
    for text in texts[:TIMED]:
        model.score([text])
    return 1000 * (time.process_time() - began) / len(texts[:TIMED])


def _numbers(asked: Asked) -> NDArray[np.int64]:
    return np.array([LABELS.index(label) for _, label in asked], dtype=np.int64)


def _require(asked: Asked) -> None:
    counts = {label: sum(one == label for _, one in asked) for label in ("furious", "neutral")}
    if few := [f"{count} {label}" for label, count in counts.items() if count < FEWEST]:
        raise InvalidDataError(f"{' and '.join(few)} texts; at least {FEWEST} of furious and neutral ones are needed")
