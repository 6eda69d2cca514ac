"""Messages encoded for escalation as the analysis node encodes them: the whole text and its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Encoder
from embeddings.escalation import CLASSES, EscalationHead, Floats, message_scores, split_for_escalation
from embeddings.workbench.escalation_data import Example

Labels = NDArray[np.int64]
Rows = NDArray[np.intp]
Scores = list[dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Messages as the analysis node sees them: each its whole text and its parts, and a vector (k + 1, d) of each."""

    examples: list[Example]
    texts: list[list[str]]
    vectors: list[Floats]

    @property
    def whole(self) -> Floats:
        """The vectors of the whole texts, (n, d)."""
        return np.stack([own[0] for own in self.vectors])

    @property
    def labels(self) -> Labels:
        """Column numbers of CLASSES."""
        return np.array([CLASSES.index(example.label) for example in self.examples])

    def only(self, rows: Rows) -> Corpus:
        """The messages of these rows."""
        return Corpus(
            examples=[self.examples[row] for row in rows],
            texts=[self.texts[row] for row in rows],
            vectors=[self.vectors[row] for row in rows],
        )

    def scores(self, head: EscalationHead) -> Scores:
        """As the analysis node scores: the strongest of the whole text and its parts."""
        both = zip(self.vectors, self.texts, strict=True)
        return [message_scores(head, own[0], own[1:], texts) for own, texts in both]


def encoded(encoder: Encoder, examples: Sequence[Example]) -> Corpus:
    """Encode whole texts and parts."""
    whole = [f"{example.subject}\n{example.text}" if example.subject else example.text for example in examples]
    texts = [[text, *split_for_escalation(text)] for text in whole]
    vectors = encoder.encode([text for own in texts for text in own])
    ends = np.cumsum([len(own) for own in texts])[:-1]
    return Corpus(examples=list(examples), texts=texts, vectors=np.split(vectors, ends))
