"""Classifies a message as a pricing, refund, legal or human request, or none of them.

The model is a sentence encoder of its own, tuned by `python -m evaluation.escalation`: the vectors of the shared
encoder don't tell a request from an ordinary question about the same subject.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from embeddings.arrays import Floats
from embeddings.encoder import BUILT_IN, model_files
from embeddings.heads import HEADS, HeadNotUsableError
from embeddings.kept_models import located
from embeddings.text_model import TextModel

CLASSES = ("none", "pricing", "refund", "legal", "human_request")
NAME = "escalation.onnx"
MODEL = HEADS / NAME
SMOOTHING = 0.05
"""The share of a label's certainty that training spreads over the classes; scores are given without it."""
STRETCH = 1000
"""Characters that are read at a time: as many as the model's 256 tokens hold of English."""
MAX_STRETCHES = 10
"""Of one message: what it may cost. A turn's 8,000 characters fit, however they are cut."""

SENTENCE_END = re.compile(r"(?<=[.!?;…])\s+|\s*\n+\s*")


class EscalationModel:
    """Gives the probabilities of CLASSES for texts."""

    def __init__(self, model: TextModel, model_id: str = "") -> None:
        """`model` gives the logits of CLASSES for a text."""
        self._model, self.model_id = model, model_id

    @classmethod
    def load(cls, path: Path = MODEL) -> Self:
        """Read the model, by default the one of the repository; raises HeadNotUsableError with the file's name."""
        try:
            model = TextModel(path, model_files(BUILT_IN).tokenizer)
        except Exception as error:  # ONNX Runtime's errors have no common class
            raise HeadNotUsableError(f"{path} is not an escalation model: {error}") from error
        if (classes := model.metadata.get("classes")) != " ".join(CLASSES):
            raise HeadNotUsableError(f"{path} tells {classes!r} apart, not {' '.join(CLASSES)!r}: train it again")
        return cls(model, model_id(path))

    @classmethod
    def kept(cls, asked: Mapping[str, str], models: Path | None) -> Self:
        """Read a model that a team has trained, by its "model_id" and "folder"; raises HeadNotUsableError."""
        path = Path(located(asked["folder"], models)) / NAME
        model = cls.load(path)
        if model.model_id != asked["model_id"]:
            raise HeadNotUsableError(f"{path} holds {model.model_id}, not {asked['model_id']}: train it again")
        return model

    def scores(self, texts: Sequence[str]) -> Floats:
        """Return float32 (n, 5) for n texts: rows sum to 1, columns as CLASSES."""
        scores = np.empty((len(texts), len(CLASSES)), dtype=np.float32)
        for rows, logits, _ in self._model.run(texts):
            odds = np.exp(logits - logits.max(axis=1, keepdims=True))
            smooth = odds / odds.sum(axis=1, keepdims=True)
            sharp = np.maximum(smooth - SMOOTHING / len(CLASSES), 0.0)
            scores[rows] = sharp / sharp.sum(axis=1, keepdims=True)
        return scores

    def message_scores(self, messages: Sequence[str]) -> list[dict[str, float]]:
        """Return the scores of whole messages, however long, by the names of CLASSES.

        A class scores as it does in the stretch of the message where it is strongest; "none" is what is left.
        """
        cut = [stretches(message) for message in messages]
        rows = iter(self.scores([stretch for own in cut for stretch in own]).tolist())
        return [strongest([dict(zip(CLASSES, next(rows), strict=True)) for _ in own]) for own in cut]


def model_id(path: Path) -> str:
    """Return what a model is called by: its file's digest, which no other file has."""
    return f"escalation-{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"


def stretches(message: str) -> list[str]:
    """Return a message whole, or in at most MAX_STRETCHES stretches of at most STRETCH characters.

    A stretch ends with a sentence and holds several, since context helps to classify one; a longer sentence is cut
    between words. A message with too many of such stretches is cut anywhere, and read up to the last that it may have.
    """
    if len(message) <= STRETCH:
        return [message]
    found: list[str] = []
    for sentence in SENTENCE_END.split(message.strip()):
        for piece in textwrap.wrap(sentence, STRETCH):
            if found and len(found[-1]) + len(piece) < STRETCH:
                found[-1] = f"{found[-1]} {piece}"
            else:
                found.append(piece)
    if len(found) > MAX_STRETCHES:
        words = " ".join(found)
        starts = range(0, min(len(words), MAX_STRETCHES * STRETCH), STRETCH)
        return [words[start : start + STRETCH] for start in starts]
    return found or [message[:STRETCH]]


def strongest(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the highest score of each class in a message's stretches, and the rest as "none"."""
    named = {name: max(own[name] for own in scores) for name in CLASSES[1:]}
    return {"none": 1.0 - max(named.values()), **named}
