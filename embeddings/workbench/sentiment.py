"""Trains the sentiment head: `python -m embeddings.workbench.sentiment train`.

The data are support messages in four moods (`embeddings/data/sentiment`) and neutral questions. Whole families are
held out, also from the head that ships; the bands minimise the cost of a wrong band on folds of the rest.
Writes `sentiment.npz` and `sentiment.metrics.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from embeddings.arrays import Floats
from embeddings.encoder import BUILT_IN, Encoder
from embeddings.heads import HEADS, LinearHead
from embeddings.sentiment import ESCALATE_BELOW, LABELS, RAISE_BELOW, SentimentHead, surface
from embeddings.workbench.families import Labelled
from embeddings.workbench.questions import QUESTIONS
from embeddings.workbench.sentiment_measure import (
    COST,
    PRIOR,
    bands,
    expected_cost,
    messages,
    neutral_questions,
    read_fresh,
    vader_scores,
)

CENTRES = np.array([0.1, 0.4, 0.68, 0.9], dtype=np.float32)
REGULARISATION = 0.01
app = typer.Typer(add_completion=False, help=__doc__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Texts with features (n, d + 8), label numbers (n,), weights (n,) and the family each came from."""

    texts: tuple[str, ...]
    features: Floats
    labels: np.ndarray
    weights: np.ndarray
    families: np.ndarray
    model_id: str


@app.callback()
def _commands() -> None:
    """Keep `train` a subcommand: Typer would merge a single command into the program."""


@app.command()
def train(
    questions: Annotated[Path, typer.Option(help="Neutral questions, one JSON object a line.")] = QUESTIONS,
    out: Annotated[Path, typer.Option(help="Where the head is written; its metrics go beside it.")] = HEADS
    / "sentiment.npz",
) -> None:
    """Train, calibrate, measure on held-out families, write."""
    encoder = Encoder()
    made, plain = messages(), neutral_questions(questions)
    known = examples(encoder, [text for text in (*made, *plain) if text.split == "train"])
    held_out = examples(encoder, [text for text in made if text.split == "test"])
    anchors = calibrate(known.labels, out_of_fold_moods(known))
    sentiment = SentimentHead(head=fit(known), centres=CENTRES, anchors=anchors)
    save(sentiment, out)
    report = measure(sentiment, held_out) | {
        "note": "head, vader: on families that were held out whole; fresh: on messages written apart from the families",
        "fresh": figures_of(sentiment, examples(encoder, read_fresh())),
        "examples": {"own": len(known.labels), "held_out": len(held_out.labels)},
        "anchors": anchors.round(4).tolist(),
        "assumptions": {"prior": PRIOR, "cost": COST},
        "data": "templates in embeddings/data/sentiment and evaluation/data/kb_questions.jsonl, Apache-2.0 like the "
        "project",
        "encoder": BUILT_IN,
    }
    out.with_suffix(".metrics.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    typer.echo(json.dumps({key: report[key] for key in ("head", "vader", "fresh")}, indent=2))


def examples(encoder: Encoder, labelled: list[Labelled]) -> Examples:
    """Encode the texts; every label has the same total weight."""
    labels = np.array([LABELS.index(text.label) for text in labelled])
    counts = np.bincount(labels, minlength=len(LABELS))
    texts = tuple(text.text for text in labelled)
    return Examples(
        texts=texts,
        features=np.hstack([encoder.encode(texts), surface(texts)]),
        labels=labels,
        weights=len(labels) / (counts[labels] * np.count_nonzero(counts)),
        families=np.array([text.family for text in labelled]),
        model_id=encoder.model_id,
    )


def fit(known: Examples, rows: np.ndarray | None = None) -> LinearHead:
    """Fit a multinomial logistic regression; the features' scales are folded into the weights."""
    chosen = np.arange(len(known.labels)) if rows is None else rows
    dimensions = known.features.shape[1] - 8
    scale = np.concatenate([np.full(dimensions, dimensions**0.5), np.full(8, 5.0)]).astype(np.float32)
    model = LogisticRegression(C=REGULARISATION, max_iter=400, tol=1e-3)
    model.fit(known.features[chosen] * scale, known.labels[chosen], sample_weight=known.weights[chosen])
    return LinearHead(
        weights=np.asarray(model.coef_.T * scale[:, None], dtype=np.float32),
        bias=np.asarray(model.intercept_, dtype=np.float32),
        labels=LABELS,
        link="softmax",
        model_id=known.model_id,
    )


def out_of_fold_moods(known: Examples) -> Floats:
    """Return the mean mood of each example by a head that was fitted without its family."""
    moods = np.empty(len(known.labels), dtype=np.float32)
    for rows, left_out in GroupKFold(n_splits=5).split(known.features, known.labels, known.families):
        moods[left_out] = fit(known, rows).probabilities(known.features[left_out]) @ CENTRES
    return moods


def calibrate(labels: np.ndarray, moods: Floats) -> Floats:
    """Return the two cuts of the mean mood with the least expected cost, as anchors at 0, 0.3, 0.5 and 1."""
    grid = np.arange(0.15, 0.70, 0.005)
    pairs = [(low, high) for low in grid for high in grid if low + 0.05 <= high]
    low, high = min(pairs, key=lambda cuts: expected_cost(labels, moods, *cuts))
    return np.array([[0, 0], [low, ESCALATE_BELOW], [high, RAISE_BELOW], [1, 1]], dtype=np.float32)


def measure(sentiment: SentimentHead, held_out: Examples) -> dict[str, Any]:
    """Measure the head and VADER (its compound scaled to [0, 1], with its own best cuts) on held-out families."""
    vader = vader_scores(held_out.features)
    best = calibrate(held_out.labels, vader)
    return {
        "head": figures_of(sentiment, held_out),
        "vader": _figures(np.interp(vader, best[:, 0], best[:, 1]).astype(np.float32), held_out.labels),
        "held_out_families": sorted(set(held_out.families.tolist())),
    }


def figures_of(sentiment: SentimentHead, asked: Examples) -> dict[str, Any]:
    """Measure the head on examples."""
    return _figures(sentiment.calibrated(sentiment.mean_mood(asked.features)), asked.labels)


def _figures(scores: Floats, labels: np.ndarray) -> dict[str, Any]:
    band = np.digitize(scores, [ESCALATE_BELOW, RAISE_BELOW])
    return {
        "band_accuracy": round(float((band == np.minimum(labels, 2)).mean()), 3),
        "auc_furious": round(float(roc_auc_score(labels == 0, -scores)), 3),
        "auc_negative": round(float(roc_auc_score(labels <= 1, -scores)), 3),
        "cost_a_message": round(expected_cost(labels, scores, ESCALATE_BELOW, RAISE_BELOW), 3),
        "bands": bands(scores, labels),
    }


def save(sentiment: SentimentHead, path: Path) -> None:
    """Write head and calibration into one file."""
    head = sentiment.head
    np.savez(
        path,
        weights=head.weights,
        bias=head.bias,
        labels=np.array(head.labels),
        link=np.array(head.link),
        model_id=np.array(head.model_id),
        centres=sentiment.centres,
        anchors=sentiment.anchors,
    )


if __name__ == "__main__":
    app()
