"""Measures the bands of the sentiment score on messages that were not trained on, with VADER as baseline (G7)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embeddings.arrays import Floats
from embeddings.encoder import Encoder
from embeddings.sentiment import ESCALATE_BELOW, LABELS, RAISE_BELOW, SentimentHead, surface
from embeddings.workbench.families import Labelled
from embeddings.workbench.sentiment_measure import bands, messages, read_fresh, vader_scores
from evaluation.quality.report import Figure, Group

_BANDS = {
    "handed_over": f"below {ESCALATE_BELOW}",
    "raised": f"{ESCALATE_BELOW} to {RAISE_BELOW}",
    "calm": f"{RAISE_BELOW} or more",
}
_WANTED = (
    ("furious", "handed_over", 0.8),
    ("annoyed", "raised", 0.6),
    ("neutral", "calm", 0.9),
    ("positive", "calm", 0.95),
)
_NEUTRAL_HANDED_OVER_AT_MOST = 0.01


def measure(encoder: Encoder) -> list[Group]:
    """Measure on single messages that belong to no family, then on held-out families of wording."""
    head = SentimentHead.load()
    sets = {
        "Sentiment: strangers' messages": read_fresh(),
        "Sentiment: held-out wordings": [text for text in messages() if text.split == "test"],
    }
    return [_group(name, encoder, head, asked) for name, asked in sets.items()]


def _group(name: str, encoder: Encoder, head: SentimentHead, asked: Sequence[Labelled]) -> Group:
    texts = [text.text for text in asked]
    labels = np.array([LABELS.index(text.label) for text in asked])
    scores = head.score(texts, encoder.encode(texts))
    ours, theirs = bands(scores, labels), bands(vader_scores(surface(texts)), labels)
    figures = [_share(ours, theirs, mood, band, at_least=least) for mood, band, least in _WANTED if mood in ours]
    figures.append(_share(ours, theirs, "neutral", "handed_over", at_most=_NEUTRAL_HANDED_OVER_AT_MOST))
    return Group(name=name, figures=tuple(figures), misses=_misses(asked, scores))


def _share(
    ours: dict[str, dict[str, int]],
    theirs: dict[str, dict[str, int]],
    mood: str,
    band: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Figure:
    total = sum(ours[mood].values())
    return Figure(
        name=f"{mood}: {_BANDS[band]}",
        measured=ours[mood][band] / total,
        of=total,
        at_least=at_least,
        at_most=at_most,
        beside={"VADER": theirs[mood][band] / total},
    )


def _misses(asked: Sequence[Labelled], scores: Floats) -> tuple[str, ...]:
    wanted = {mood: band for mood, band, _ in _WANTED}
    found = [tuple(_BANDS)[place] for place in np.digitize(scores, [ESCALATE_BELOW, RAISE_BELOW])]
    return tuple(
        f"{text.label} scores {score:.2f}: {text.text!r}"
        for text, score, band in zip(asked, scores, found, strict=True)
        if band != wanted[text.label]
    )
