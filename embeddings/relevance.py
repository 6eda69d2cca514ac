"""Decides from a judgement whether the best passage answers the question at all (requirement G8).

Some passage is always nearest. The judge's share of the best one decides; where it is too small but that of the best
few together is not, the customer is asked which they mean. Both thresholds were chosen on companies that the judge was
not trained on (`python -m embeddings.workbench.answers calibrate`). A question that names another maker's product which
no passage mentions is not answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from db.records import Passage
from embeddings import lexical
from embeddings.heads import HEADS, HeadNotUsableError
from embeddings.judge import Judgement, likeliest_first, passage_text
from embeddings.spelling import Speller, encoder_words

MOST_OPTIONS = 3
LEAST_SHARE = 0.05
"""Of a passage that the customer is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """`ok` when `score` (in [0, 1]) reaches the threshold: what was found is likely to answer the question.

    Otherwise `options` are the places of the passages that the customer may have meant, the likeliest first.
    """

    ok: bool
    score: float
    threshold: float
    options: tuple[int, ...] = ()


def options(shares: Sequence[float], ask_from: float) -> tuple[int, ...]:
    """Return the places of the likeliest passages when their shares together reach `ask_from`, else none."""
    near = tuple(place for place in likeliest_first(shares)[:MOST_OPTIONS] if shares[place] >= LEAST_SHARE)
    return near if near and sum(shares[place] for place in near) >= ask_from else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevanceGate:
    """`model_id`: the encoder whose cosines the judge reads · `products`: other makers', in lower case.

    `threshold` and `ask_from` are shares in [0, 1]: from the one on a passage answers, from the other on the best few
    together are worth a question. `speller` corrects to the words of the knowledge base; a gate that was just loaded
    knows none, see `over`.
    """

    model_id: str
    threshold: float
    ask_from: float
    products: tuple[str, ...]
    speller: Speller
    own_names: tuple[str, ...] = ()
    of_models: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """`threshold` and `ask_from` over the cosines of other encoders, by their ids."""

    @classmethod
    def load(cls, path: Path | str | None = None, *, own_names: Sequence[str] = ()) -> Self:
        """Read the gate (by default the one that ships), for a company of these names; raises HeadNotUsableError."""
        path = Path(path or HEADS / "relevance.json")
        try:
            return cls.from_json(json.loads(path.read_text(encoding="utf-8")), own_names=own_names)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HeadNotUsableError(f"{path} is not a relevance gate this version can use: {error}") from error

    @classmethod
    def from_json(cls, stored: dict[str, Any], *, own_names: Sequence[str] = ()) -> Self:
        """Build the gate from what `as_json` gives; raises KeyError or ValueError."""
        products = tuple(stored["products"])
        return cls(
            model_id=stored["model_id"],
            threshold=float(stored["threshold"]),
            ask_from=float(stored["ask_from"]),
            products=products,
            speller=_speller((), (*products, *own_names)),
            own_names=tuple(own_names),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the gate as plain values, as `load` reads them."""
        return {
            "model_id": self.model_id,
            "threshold": round(self.threshold, 4),
            "ask_from": round(self.ask_from, 4),
            "products": list(self.products),
        }

    def over(self, texts: Iterable[str]) -> Self:
        """Return the gate for a knowledge base with these passages (title and content)."""
        return replace(self, speller=_speller(texts, (*self.products, *self.own_names)))

    def prepare(self, query: str) -> str:
        """Return the query to embed and to judge: spelling corrected, our own names left out."""
        return lexical.without_own_names(self.speller.correct(query), self.own_names)

    def relevant(
        self, question: str, passages: Sequence[Passage], judgement: Judgement, model_id: str | None = None
    ) -> Relevance:
        """Decide by a search's prepared query, the passages found and their judgement; without passages it scores 0.

        `model_id`: the encoder that the search was made with, if it is not the gate's own.
        """
        threshold, ask_from = self.threshold, self.ask_from
        if model_id != self.model_id:
            threshold, ask_from = self.of_models.get(model_id or "", (threshold, ask_from))
        refused = not passages or self._names_foreign_product(question, passages)
        if refused:
            return Relevance(ok=False, score=0.0, threshold=threshold)
        score = max(judgement.shares)
        ok = score >= threshold
        asked = () if ok else options(judgement.shares, ask_from)
        return Relevance(ok=ok, score=score, threshold=threshold, options=asked)

    def _names_foreign_product(self, question: str, passages: Sequence[Passage]) -> bool:
        """Return whether the question names a listed product that none of the passages mentions."""
        asked = _spaced(question)
        named = [name for name in self.products if f" {name} " in asked]
        texts = [_spaced(passage_text(passage.title, passage.content)) for passage in passages] if named else []
        return any(all(f" {name} " not in text for text in texts) for name in named)


def _speller(texts: Iterable[str], names: Sequence[str]) -> Speller:
    """Return a speller that corrects to the texts' words and leaves English words and these names alone."""
    known = (word for name in names for word in re.split(r"\W+", name.lower()))
    return Speller(words=lexical.word_counts(texts), known=(*encoder_words(), *known))


def _spaced(text: str) -> str:
    """Return lower case, single blanks, no punctuation but inner dots: ' acme.com '."""
    return f" {' '.join(word.strip('.') for word in re.split(r'[^a-z0-9.]+', text.lower()) if word)} "
