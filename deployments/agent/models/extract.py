"""Extractive answers: as many sentences of a passage as the channel carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deployments.rules.formatting import sentences
from embeddings import lexical

_FIRST_BONUS, _NEXT_BONUS = 0.75, 0.5
"""Bonus, in words of the question, for the first sentence and for the one after a chosen sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A passage of a tool result."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Limits of an answer, in characters and sentences; `closing` follows it."""

    characters: int | None = None
    sentences: int | None = None
    closing: str = ""


SHAPES = {
    "formal": Shape(closing="Please reply to this e-mail if this does not answer your question."),
    "semi-formal": Shape(sentences=4),
    "conversational": Shape(characters=300),
}
"""By tone; others get that of 'semi-formal'."""


def compose(question: str, source: Source, shape: Shape) -> str:
    """Return the best sentences of `source` for the question within the limits of `shape`, in the passage's order."""
    lines = [s.strip() for s in sentences(" ".join(source.text.split()))]
    weights = _weights(question, lines)
    chosen: set[int] = set()
    left = set(range(len(lines)))
    while left and (shape.sentences is None or len(chosen) < shape.sentences):
        candidate = max(left, key=lambda i: (weights[i] + _NEXT_BONUS * (i - 1 in chosen), -i))
        left.remove(candidate)
        if not chosen or shape.characters is None or len(_joined(lines, chosen | {candidate})) <= shape.characters:
            chosen.add(candidate)
    return _joined(lines, chosen)


def _joined(lines: Sequence[str], chosen: set[int]) -> str:
    return " ".join(lines[i] for i in sorted(chosen))


def _weights(question: str, lines: Sequence[str]) -> list[float]:
    """Return each sentence's weight: its words of the question, weighted by inverse sentence frequency."""
    asked = lexical.term_set(question)
    stems = [asked & lexical.term_set(line) for line in lines]
    frequency = Counter(word for words in stems for word in words)
    weights = [sum(1 / frequency[word] for word in words) for words in stems]
    return [weight + (_FIRST_BONUS if i == 0 else 0) for i, weight in enumerate(weights)]
