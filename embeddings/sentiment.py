"""Scores a customer's mood from 0 (furious) to 1 (delighted), on the encoder's vector and surface features.

Bands (requirement G7): below 0.3 fury, abuse or a threat to leave; 0.3 to 0.5 annoyed or disappointed; from 0.5 on
neutral or better. A plain problem report is neutral. Trained by `python -m embeddings.workbench.sentiment train`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from embeddings.arrays import Floats
from embeddings.heads import HEADS, HeadNotUsableError, LinearHead
from embeddings.lexical import SENTENCE_END

LABELS = ("furious", "annoyed", "neutral", "positive")
ESCALATE_BELOW = 0.3
RAISE_BELOW = 0.5

_READ_CHARACTERS = 1200
"""VADER's time grows with the square of the length; of a longer text its beginning and its end are read."""
_WORDS = re.compile(r"[A-Za-z]{3,}")
_ANGRY_EMOJI = re.compile("[\U0001f621\U0001f92c\U0001f624\U0001f620\U0001f44e\U0001f595\U0001f4a9]")
_ROW_OF_SYMBOLS = re.compile(r"((?:[^\w\s\x00-\x7f]\s?){5})(?:[^\w\s\x00-\x7f]\s?)++")
_vader = SentimentIntensityAnalyzer()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentimentHead:
    """Probabilities of LABELS, their mean mood, and the calibration that puts the bands at 0.3 and 0.5.

    centres: float32 (4,), the mood each label stands for · anchors: float32 (m, 2), mean mood -> score, rising.
    """

    head: LinearHead
    centres: Floats
    anchors: Floats

    @classmethod
    def load(cls, path: Path | str | None = None) -> Self:
        """Read the head (by default the one that ships); raises HeadNotUsableError."""
        path = path or HEADS / "sentiment.npz"
        head = LinearHead.load(path)
        with np.load(path, allow_pickle=False) as stored:
            if head.labels != LABELS or "anchors" not in stored:
                raise HeadNotUsableError(f"{path} is not a sentiment head; train it again")
            return cls(head=head, centres=stored["centres"], anchors=stored["anchors"])

    def score(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """Return float32 (n,) in [0, 1]; `vectors` (n, d) are the encoder's for `texts`.

        A text without a letter ("?", "42", a party emoji) shows no mood: at least 0.5, unless its emoji are angry.
        """
        if not texts:
            return np.empty(0, dtype=np.float32)
        scores = self.calibrated(self.mean_mood(np.hstack([vectors, surface(texts)])))
        return np.maximum(scores, np.where([moodless(text) for text in texts], RAISE_BELOW, 0.0), dtype=np.float32)

    def mean_mood(self, features: Floats) -> Floats:
        """Return the expected mood (n,) before calibration, of features (n, d + 8)."""
        return self.head.probabilities(features) @ self.centres

    def calibrated(self, mood: Floats) -> Floats:
        """Return the scores (n,) of mean moods (n,), by linear interpolation between the anchors."""
        return np.interp(mood, self.anchors[:, 0], self.anchors[:, 1]).astype(np.float32)


def moodless(text: str) -> bool:
    """Return whether a text shows no mood: it has no letter, and no angry emoji."""
    return not any(letter.isalpha() for letter in text) and not _ANGRY_EMOJI.search(text)


def surface(texts: Sequence[str]) -> Floats:
    """Return the surface features of texts: float32 (n, 8).

    VADER's neg, neu, pos and compound of the text, its lowest compound of one sentence, exclamation marks,
    share of words in capitals, angry emoji.
    """
    return np.array([_surface(_bounded(text)) for text in texts], dtype=np.float32).reshape(len(texts), 8)


def _surface(text: str) -> list[float]:
    whole = _vader.polarity_scores(text)
    pieces = [piece for piece in SENTENCE_END.split(text) if piece.strip()]
    lowest = min((_vader.polarity_scores(piece)["compound"] for piece in pieces), default=0.0)
    words = _WORDS.findall(text)
    return [
        whole["neg"],
        whole["neu"],
        whole["pos"],
        whole["compound"],
        lowest,
        min(text.count("!"), 5) / 5,
        sum(word.isupper() for word in words) / max(len(words), 1),
        min(len(_ANGRY_EMOJI.findall(text)), 3) / 3,
    ]


def _bounded(text: str) -> str:
    if len(text) > _READ_CHARACTERS:
        half = _READ_CHARACTERS // 2
        text = f"{text[:half]}\n{text[-half:]}"
    # VADER puts several words in the place of each emoji, so a row of them makes a text many times as long.
    return _ROW_OF_SYMBOLS.sub(r"\1", text)
