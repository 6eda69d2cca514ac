"""Measures the sentiment head: labelled messages, and the cost of treating a mood wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from embeddings.arrays import Floats
from embeddings.sentiment import ESCALATE_BELOW, LABELS, RAISE_BELOW
from embeddings.workbench.families import Labelled, expand
from embeddings.workbench.questions import QUESTIONS, read_questions

DATA = Path(__file__).parents[1] / "data" / "sentiment"
PER_FAMILY = 24
COMPOUND = 3
"""Column of VADER's compound in `surface`, the last eight of the features."""

PRIOR = {"furious": 0.10, "annoyed": 0.15, "neutral": 0.65, "positive": 0.10}
"""The share of each mood at a support desk: an assumption, used only to weigh errors."""
COST = {
    "furious": {"handed_over": 0.0, "raised": 6.0, "calm": 8.0},
    "annoyed": {"handed_over": 1.0, "raised": 0.0, "calm": 1.0},
    "neutral": {"handed_over": 10.0, "raised": 1.0, "calm": 0.0},
    "positive": {"handed_over": 10.0, "raised": 1.0, "calm": 0.0},
}
"""The cost of treating a mood so; handing over an ordinary question costs most."""


def messages() -> list[Labelled]:
    """Return the messages of all families, each family on one side of the split; the same each time."""
    return expand(DATA, LABELS, per_family=PER_FAMILY)


def neutral_questions(path: Path = QUESTIONS) -> list[Labelled]:
    """Read questions about the knowledge base as neutral texts of another author."""
    asked = read_questions(path)
    return [Labelled(text=q.text, label="neutral", family=f"question/{q.id}", split=q.split) for q in asked]


def read_fresh() -> list[Labelled]:
    """Read single messages that belong to no family."""
    rows = [json.loads(line) for line in (DATA / "fresh.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Labelled(text=row["text"], label=row["label"], family="fresh", split="test") for row in rows]


def vader_scores(features: Floats) -> Floats:
    """Return VADER's compound scaled to [0, 1] (n,), from features whose last eight are those of `surface`."""
    return np.asarray((features[:, -8 + COMPOUND] + 1) / 2, dtype=np.float32)


def expected_cost(labels: np.ndarray, scores: Floats, low: float, high: float) -> float:
    """Return the expected cost of a message when scores below `low` hand over and below `high` raise the priority."""
    return sum(
        PRIOR[label]
        * (
            COST[label]["handed_over"] * float((own < low).mean())
            + COST[label]["raised"] * float(((own >= low) & (own < high)).mean())
            + COST[label]["calm"] * float((own >= high).mean())
        )
        for number, label in enumerate(LABELS)
        if (own := scores[labels == number]).size
    )


def bands(scores: Floats, labels: np.ndarray) -> dict[str, dict[str, int]]:
    """Count the texts of each mood below 0.3, between, and from 0.5 on."""
    names = ("handed_over", "raised", "calm")
    band = np.digitize(scores, [ESCALATE_BELOW, RAISE_BELOW])
    return {
        label: {name: int(((labels == number) & (band == place)).sum()) for place, name in enumerate(names)}
        for number, label in enumerate(LABELS)
        if (labels == number).any()
    }
