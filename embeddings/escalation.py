"""Escalation by meaning: which of pricing, refund, legal and human request a message is, read from its vectors.

The head is a kernel machine: each class weighs how close a text's vector lies to the remembered ones (Gaussian
kernel) and which letter groups the text has; a calibrated softmax makes probabilities of the five sums. It is a file
of a few thousand half-precision vectors, `heads/escalation.npz`, made by `embeddings.workbench.escalation`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embeddings.escalation_letters import weighted_groups
from embeddings.heads import HEADS, HeadNotUsableError

CLASSES = ("none", "pricing", "refund", "legal", "human_request")
MAX_PARTS = 12
SHORT_PART = 25
LONG_SENTENCE = 140
CAUTION = 1.0
"""How fast a part counts for less as their number grows: its odds are divided by that number to this power."""

Floats = NDArray[np.float32]

_ARRAYS = ("support", "weights", "bias", "rarity", "letters")

_SENTENCE_END = re.compile(r"(?<=[.!?;…])\s+|\s*\n+\s*")
_CLAUSE_END = re.compile(
    r"(?<=[,:])\s+(?=(?:and|but|so|because|also|otherwise|or|yet|which|if|please|i|we)\b)|\s+[-–—]\s+", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax:
    """Makes probabilities of the head's five sums: softmax(sums @ scale + shift). scale: (5, 5) · shift: (5,)."""

    scale: Floats
    shift: Floats

    def __call__(self, sums: Floats) -> Floats:
        """(n, 5) -> (n, 5), rows sum to 1."""
        logits = sums @ self.scale + self.shift
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationHead:
    """Probabilities of the five classes for texts and their unit vectors from the encoder `model_id`.

    support: (m, d) remembered vectors · weights: (m, 5) · bias: (5,) · gamma: the kernel's width ·
    rarity: (BUCKETS,) and letters: (BUCKETS, 5) weigh the letter groups.
    """

    support: Floats
    weights: Floats
    bias: Floats
    gamma: float
    rarity: Floats
    letters: Floats
    softmax: Softmax
    model_id: str

    classes = CLASSES

    @classmethod
    def load(cls, path: Path | str | None = None) -> Self:
        """Read the head, by default the one of the repository; raises HeadNotUsableError with the file's name."""
        path = path or HEADS / "escalation.npz"
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(
                    **{name: stored[name].astype(np.float32) for name in _ARRAYS},
                    gamma=float(stored["gamma"]),
                    softmax=Softmax(scale=stored["scale"], shift=stored["shift"]),
                    model_id=str(stored["model_id"]),
                )
        except (OSError, KeyError, ValueError) as error:
            raise HeadNotUsableError(f"{path} is not a head this version can use: {error}") from error

    def save(self, path: Path | str) -> None:
        """Write the file that `load` reads; the large arrays in half precision."""
        np.savez_compressed(
            path,
            **{name: getattr(self, name).astype(np.float16) for name in _ARRAYS},
            gamma=np.float32(self.gamma),
            scale=self.softmax.scale,
            shift=self.softmax.shift,
            model_id=np.array(self.model_id),
        )

    def require_encoder(self, model_id: str) -> None:
        """Raises HeadNotUsableError when vectors of `model_id` would be read by a head of another encoder."""
        if self.model_id != model_id:
            raise HeadNotUsableError(f"the escalation head is for {self.model_id!r}, not {model_id!r}: train it again")

    def scores(self, vectors: Floats, texts: Sequence[str]) -> Floats:
        """n texts and their vectors, float32 (n, d) of unit length -> (n, 5), rows sum to 1, columns as `classes`."""
        return self.softmax(self.sums(vectors, texts))

    def sums(self, vectors: Floats, texts: Sequence[str]) -> Floats:
        """The same before the softmax: what is calibrated."""
        return self.vector_sums(vectors) + self.letter_sums(texts)

    def vector_sums(self, vectors: Floats) -> Floats:
        """(n, d) -> (n, 5): how close each text lies to the remembered ones, bias included."""
        nearness = np.exp(-2.0 * self.gamma * (1.0 - vectors @ self.support.T))
        return np.asarray(nearness @ self.weights + self.bias, dtype=np.float32)

    def letter_sums(self, texts: Sequence[str]) -> Floats:
        """n texts -> (n, 5): what their letter groups add."""
        sums = np.zeros((len(texts), len(CLASSES)), dtype=np.float32)
        for row, text in enumerate(texts):
            buckets, values = weighted_groups(text, self.rarity)
            sums[row] = values @ self.letters[buckets]
        return sums


def message_scores(head: EscalationHead, whole: Floats, parts: Floats, texts: Sequence[str]) -> dict[str, float]:
    """The scores of one message from the vector of its whole text (d,) and those of its parts (k, d), k may be 0.

    `texts` are the whole text and the parts, k + 1 in that order. A class scores as its strongest part does: one
    sentence in a long mail is enough. The more parts, the more likely one looks like a request by accident, so each
    counts for less (CAUTION). "none" is what is left.
    """
    scores = head.scores(np.vstack([whole[None, :], parts.reshape(-1, whole.shape[0])]), texts)
    if len(parts):
        odds = scores[1:] / np.maximum(1.0 - scores[1:], np.finfo(np.float32).eps) / len(parts) ** CAUTION
        scores[1:] = odds / (1.0 + odds)
    strongest = {name: float(score) for name, score in zip(CLASSES, scores.max(axis=0), strict=True)}
    strongest["none"] = 1.0 - max(score for name, score in strongest.items() if name != "none")
    return strongest


def split_for_escalation(text: str) -> list[str]:
    """The parts of a message to encode beside the whole: none of a single sentence, else at most 12.

    Sentences, and the clauses of very long ones; short ones join their neighbour, and a long text is packed evenly.
    """
    pieces = [clause for sentence in _SENTENCE_END.split(text.strip()) for clause in _clauses(sentence)]
    pieces = [piece for piece in pieces if any(letter.isalnum() for letter in piece)]
    if len(pieces) < 2:
        return []
    return _packed(pieces, max(SHORT_PART, -(-sum(map(len, pieces)) // MAX_PARTS)))


def _clauses(sentence: str) -> list[str]:
    return _CLAUSE_END.split(sentence) if len(sentence) > LONG_SENTENCE else [sentence]


def _packed(pieces: Sequence[str], least: int) -> list[str]:
    """Join neighbours until each part has `least` characters; what is left over goes to the last part."""
    parts: list[str] = []
    for piece in pieces:
        if parts and len(parts[-1]) < least:
            parts[-1] = f"{parts[-1]} {piece}"
        else:
            parts.append(piece)
    return parts
