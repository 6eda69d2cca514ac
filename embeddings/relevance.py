"""Decides whether the passages that a search found answer the question at all (requirement G8).

Some passage is always nearest, so its cosine alone decides badly. The gate weighs several signals in a logistic head:
how near the best passage is and how far ahead of the rest, how much of the question's rare words the passages have,
whether it names a product that no passage mentions, and whether similar questions were answerable.
Trained by `python -m embeddings.workbench.relevance train`; a call costs well under a millisecond.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from db.records import Passage
from embeddings import lexical
from embeddings.arrays import Floats
from embeddings.heads import HEADS, HeadNotUsableError
from embeddings.lexical import Vocabulary
from embeddings.spelling import Speller, encoder_words

SIGNALS = ("nearest", "lead", "others", "coverage", "best_sentence", "length", "foreign_product", "question")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """`ok` when `score` (in [0, 1]) reaches the threshold: some passage is likely to answer the question."""

    ok: bool
    score: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevanceGate:
    """A logistic head over SIGNALS; `question_weights` (d,) and `question_bias` give the last one from the vector."""

    model_id: str
    threshold: float
    weights: Floats
    bias: float
    question_weights: Floats
    question_bias: float
    vocabulary: Vocabulary
    products: tuple[str, ...]
    speller: Speller

    @classmethod
    def load(cls, path: Path | str | None = None) -> Self:
        """Read the gate (by default the one that ships); raises HeadNotUsableError."""
        path = Path(path or HEADS / "relevance.json")
        try:
            return cls.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HeadNotUsableError(f"{path} is not a relevance gate this version can use: {error}") from error

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Build the gate from what `as_json` gives; raises KeyError or ValueError."""
        vocabulary, products = Vocabulary(**stored["vocabulary"]), tuple(stored["products"])
        return cls(
            model_id=stored["model_id"],
            threshold=stored["threshold"],
            weights=np.array([stored["weights"][signal] for signal in SIGNALS], dtype=np.float32),
            bias=stored["bias"],
            question_weights=np.array(stored["question"]["weights"], dtype=np.float32),
            question_bias=stored["question"]["bias"],
            vocabulary=vocabulary,
            products=products,
            speller=query_speller(vocabulary, products),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the gate as plain values, as `load` reads them."""
        return {
            "model_id": self.model_id,
            "threshold": round(self.threshold, 4),
            "bias": round(self.bias, 4),
            "weights": {name: round(float(weight), 4) for name, weight in zip(SIGNALS, self.weights, strict=True)},
            "question": {
                "bias": round(self.question_bias, 4),
                "weights": [round(float(weight), 4) for weight in self.question_weights],
            },
            "products": list(self.products),
            "vocabulary": {
                "passages": self.vocabulary.passages,
                "words": dict(self.vocabulary.words),
                "stems": dict(self.vocabulary.stems),
            },
        }

    def prepare(self, query: str) -> str:
        """Return the query to embed and to judge: spelling corrected, our own names left out.

        The gate is calibrated on prepared queries; without this it refuses more and finds less.
        """
        return lexical.without_own_names(self.speller.correct(query))

    def relevant(self, question: str, question_vector: Floats, passages: Sequence[Passage]) -> Relevance:
        """Judge a search by its prepared query, its vector (d,) and the passages found, best first; none scores 0."""
        if not passages:
            return Relevance(ok=False, score=0.0, threshold=self.threshold)
        logit = float(self.signals(question, question_vector, passages) @ self.weights) + self.bias
        score = 1.0 / (1.0 + math.exp(-logit))
        return Relevance(ok=score >= self.threshold, score=score, threshold=self.threshold)

    def signals(self, question: str, question_vector: Floats, passages: Sequence[Passage]) -> Floats:
        """Return the values of SIGNALS, float32 (8,)."""
        cosines = [passage.score for passage in passages]
        asked = dict.fromkeys(lexical.terms(question))
        rarity = {term: self.vocabulary.rarity(term) for term in asked}
        found = [f"{passage.title}. {passage.content}" for passage in passages]
        return np.array(
            [
                cosines[0],
                cosines[0] - cosines[-1],
                float(np.mean(cosines[1:])) if len(cosines) > 1 else 0.0,
                max(_covered(rarity, lexical.term_set(text)) for text in found),
                max(_covered(rarity, terms) for text in found for terms in lexical.sentence_terms(text)),
                math.log1p(len(asked)),
                float(self._names_foreign_product(question, found)),
                float(question_vector @ self.question_weights) + self.question_bias,
            ],
            dtype=np.float32,
        )

    def _names_foreign_product(self, question: str, found: Sequence[str]) -> bool:
        """Return whether the question names a listed product that none of the passages mentions."""
        asked = _spaced(question)
        named = [name for name in self.products if f" {name} " in asked]
        texts = [_spaced(text) for text in found] if named else []
        return any(all(f" {name} " not in text for text in texts) for name in named)


def query_speller(vocabulary: Vocabulary, products: Sequence[str]) -> Speller:
    """Return a speller that corrects to the knowledge base's words and leaves English words and product names alone."""
    names = (word for name in (*products, *lexical.OWN_NAMES) for word in re.split(r"\W+", name.lower()))
    return Speller(words=vocabulary.words, known=(*encoder_words(), *names))


def _covered(rarity: dict[str, float], terms: frozenset[str]) -> float:
    """Return the share of the question's terms, by rarity, that a text has; 0 for a question without terms."""
    whole = sum(rarity.values())
    return sum(weight for term, weight in rarity.items() if term in terms) / whole if whole else 0.0


def _spaced(text: str) -> str:
    """Return lower case, single blanks, no punctuation but inner dots: ' monday.com '."""
    return f" {' '.join(word.strip('.') for word in re.split(r'[^a-z0-9.]+', text.lower()) if word)} "
