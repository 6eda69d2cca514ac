"""What the sentiment head is measured with: labelled messages, and what it costs to treat a mood wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from embeddings.heads import Floats
from embeddings.sentiment import ESCALATE_BELOW, LABELS, RAISE_BELOW
from embeddings.workbench.families import Labelled, expand

ROOT = Path(__file__).parents[2]
DATA = ROOT / "embeddings" / "data" / "sentiment"
QUESTIONS = ROOT / "evaluation" / "data" / "kb_questions.jsonl"
PER_FAMILY = 24
COMPOUND = 3
"""Column of VADER's compound in `surface`, the last eight of the features."""

PRIOR = {"furious": 0.10, "annoyed": 0.15, "neutral": 0.65, "positive": 0.10}
"""How often a support desk meets each mood: an assumption, used only to weigh errors."""
COST = {
    "furious": {"handed_over": 0.0, "raised": 6.0, "calm": 8.0},
    "annoyed": {"handed_over": 1.0, "raised": 0.0, "calm": 1.0},
    "neutral": {"handed_over": 10.0, "raised": 1.0, "calm": 0.0},
    "positive": {"handed_over": 10.0, "raised": 1.0, "calm": 0.0},
}
"""What it costs to treat a mood like that; an ordinary question handed over is the dearest."""


def messages() -> list[Labelled]:
    """The messages of all families, each family on one side of the split; the same each time."""
    return expand(DATA, LABELS, per_family=PER_FAMILY)


def read_questions(path: Path) -> list[Labelled]:
    """Questions of the knowledge base's test set: neutral texts of another author."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Labelled(text=r["question"], label="neutral", family=f"question/{r['id']}", split=r["split"]) for r in rows]


def read_fresh() -> list[Labelled]:
    """Single messages that stand outside the families."""
    rows = [json.loads(line) for line in (DATA / "fresh.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Labelled(text=row["text"], label=row["label"], family="fresh", split="test") for row in rows]


def vader_scores(features: Floats) -> Floats:
    """VADER's compound brought to [0, 1]: features (n, d + 8) of `surface`, or those eight alone -> (n,)."""
    return np.asarray((features[:, -8 + COMPOUND] + 1) / 2, dtype=np.float32)


def expected_cost(labels: np.ndarray, scores: Floats, low: float, high: float) -> float:
    """Cost of a message under PRIOR and COST when `low` hands over and `high` raises the priority."""
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
    """How many texts of each mood fell below 0.3, between, and from 0.5 on."""
    names = ("handed_over", "raised", "calm")
    band = np.digitize(scores, [ESCALATE_BELOW, RAISE_BELOW])
    return {
        label: {name: int(((labels == number) & (band == place)).sum()) for place, name in enumerate(names)}
        for number, label in enumerate(LABELS)
        if (labels == number).any()
    }
