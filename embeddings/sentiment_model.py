"""A team's own classifier of mood (SENTIMENT_MODEL) in the place of the head that reads the encoder's vector.

A folder with `model.onnx` (its first output are logits, a column a label), `tokenizer.json` and `labels.json`:

    {"labels": {"negative": 0.2, "neutral": 0.68, "positive": 0.9}, "languages": ["en"], "anchors": [[0, 0], [1, 1]]}

Each label with the mood that it stands for, from 0 (furious) to 1 (delighted), in the order of the columns. The mean
mood of the probabilities becomes the score by the anchors: `nightdesk sentiment fit` chooses them so that the bands lie
at 0.3 and 0.5. A plain list of names will do where MOODS has them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np

from embeddings.arrays import Floats
from embeddings.encoder import ModelNotFoundError, ModelNotUsableError
from embeddings.sentiment import RAISE_BELOW, moodless
from embeddings.text_model import TextModel

FILES = ("model.onnx", "tokenizer.json", "labels.json")
MOODS: Mapping[str, float] = {
    "furious": 0.1,
    "annoyed": 0.4,
    "neutral": 0.68,
    "positive": 0.9,
    "negative": 0.25,
    "very negative": 0.1,
    "very positive": 0.95,
    "1 star": 0.1,
    "2 stars": 0.35,
    "3 stars": 0.6,
    "4 stars": 0.8,
    "5 stars": 0.95,
}
"""What labels of these names stand for, in small letters."""
_AS_THEY_ARE = ((0.0, 0.0), (1.0, 1.0))
_TRIED = ("How do I log in?", "This is an outrage! " * 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What `labels.json` says. moods: by label, in the order of the model's columns · anchors: mean mood → score."""

    moods: Mapping[str, float]
    languages: frozenset[str] = frozenset({"en"})
    anchors: tuple[tuple[float, float], ...] = _AS_THEY_ARE

    def as_json(self) -> dict[str, Any]:
        """Return them as the file has them."""
        return {
            "labels": dict(self.moods),
            "languages": sorted(self.languages),
            "anchors": [list(anchor) for anchor in self.anchors],
        }


class SentimentModel:
    """The classifier. Calls from several threads are safe."""

    def __init__(self, model: TextModel, labels: Labels) -> None:
        self._model, self.labels = model, labels
        self._moods = np.array(list(labels.moods.values()), dtype=np.float32)

    @classmethod
    def load(cls, folder: Path | str, threads: int = 1) -> Self:
        """Open a folder and try it. Raises ModelNotFoundError, ModelNotUsableError."""
        folder = Path(folder)
        if lacking := [name for name in FILES if not (folder / name).is_file()]:
            raise ModelNotFoundError(f"{folder} is no classifier of mood: it has no {', '.join(lacking)}")
        labels = read_labels(folder / "labels.json")
        try:
            made = cls(TextModel(folder / "model.onnx", folder / "tokenizer.json", threads), labels)
            found = made.probabilities(_TRIED)
        except Exception as error:  # ONNX Runtime's and the tokenizer's errors have no common class
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelNotUsableError(f"{folder} is no classifier of mood that can be used: {reason}") from error
        if not np.isfinite(found).all():
            raise ModelNotUsableError(f"{folder} is no classifier of mood that can be used: it gives no numbers")
        return made

    def score(self, texts: Sequence[str]) -> Floats:
        """Return float32 (n,) in [0, 1]. A text without a letter shows no mood, as with SentimentHead."""
        if not texts:
            return np.empty(0, dtype=np.float32)
        anchors = np.array(self.labels.anchors, dtype=np.float32)
        scores = np.interp(self.mean_mood(texts), anchors[:, 0], anchors[:, 1])
        return np.maximum(scores, np.where([moodless(text) for text in texts], RAISE_BELOW, 0.0)).astype(np.float32)

    def mean_mood(self, texts: Sequence[str]) -> Floats:
        """Return the expected mood (n,) before the anchors."""
        return np.asarray(self.probabilities(texts) @ self._moods, dtype=np.float32)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return float32 (n, labels); rows sum to 1."""
        logits = np.empty((len(texts), len(self._moods)), dtype=np.float32)
        for rows, output, _ in self._model.run(texts):
            if output.shape != (len(rows), len(self._moods)):
                raise ValueError(f"its output has {output.shape[-1]} columns; labels.json has {len(self._moods)}")
            logits[rows] = output
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)


def read_labels(path: Path) -> Labels:
    """Read `labels.json`. Raises ModelNotUsableError, which says what is expected."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        stored = given if isinstance(given, dict) else {"labels": given}
        moods = _moods(stored["labels"])
        anchors = tuple((float(mood), float(score)) for mood, score in stored.get("anchors", _AS_THEY_ARE))
        languages = frozenset(str(language) for language in stored.get("languages", ("en",)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelNotUsableError(f"{path} does not say what the model's labels mean: {error}") from None
    rising = all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(anchors))
    numbers = [*moods.values(), *(number for anchor in anchors for number in anchor)]
    if len(moods) < 2 or len(anchors) < 2 or not rising or not all(0.0 <= number <= 1.0 for number in numbers):
        raise ModelNotUsableError(f"{path}: expected two labels or more and rising anchors, all moods between 0 and 1")
    return Labels(moods=moods, languages=languages, anchors=anchors)


def _moods(labels: Any) -> dict[str, float]:
    if isinstance(labels, dict):
        return {str(label): float(mood) for label, mood in labels.items()}
    names = [str(label) for label in labels]
    if unknown := [name for name in names if name.lower() not in MOODS]:
        raise ValueError(f"{', '.join(map(repr, unknown))}: give each label the mood that it stands for, as a number")
    return {name: MOODS[name.lower()] for name in names}
