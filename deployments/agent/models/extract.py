"""An answer made of a passage's own sentences: which passage, which sentences, how many for the channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deployments.rules.formatting import sentences
from embeddings import lexical

LEXICAL_WEIGHT = 0.2
"""Of the share of the question's words in a passage, added to its cosine: recall@1 .80 -> .82 on kb_questions.jsonl."""

_LEADS, _FOLLOWS = 0.75, 0.5
"""In words of the question: the first sentence names the subject, and a sentence reads best behind its neighbour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A passage as a tool result shows it."""

    title: str
    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much of a passage a channel carries: the best sentences, up to a length. `closing` follows the answer."""

    characters: int | None = None
    sentences: int | None = None
    closing: str = ""


SHAPES = {
    "formal": Shape(closing="Please reply to this e-mail if this does not answer your question."),
    "semi-formal": Shape(sentences=4),
    "conversational": Shape(characters=300),
}
"""By tone. Another tone in channel_configs speaks like the web form."""


def best(question: str, sources: Sequence[Source]) -> Source:
    """Return the passage that answers best: nearest in meaning, with a say for shared words."""
    asked = lexical.term_set(question)
    return max(sources, key=lambda source: source.score + LEXICAL_WEIGHT * _shared(asked, source))


def _shared(asked: frozenset[str], source: Source) -> float:
    return len(asked & lexical.term_set(f"{source.title} {source.text}")) / max(len(asked), 1)


def compose(question: str, source: Source, shape: Shape) -> str:
    """Return the sentences of `source` that answer, in its own order, as many as `shape` carries."""
    lines = [s.strip() for s in sentences(" ".join(source.text.split()))]
    weights = _weights(question, lines)
    chosen: set[int] = set()
    open_ones = set(range(len(lines)))
    while open_ones and (shape.sentences is None or len(chosen) < shape.sentences):
        best_one = max(open_ones, key=lambda i: (weights[i] + _FOLLOWS * (i - 1 in chosen), -i))
        open_ones.remove(best_one)
        if not chosen or shape.characters is None or len(_joined(lines, chosen | {best_one})) <= shape.characters:
            chosen.add(best_one)
    return _joined(lines, chosen)


def _joined(lines: Sequence[str], chosen: set[int]) -> str:
    return " ".join(lines[i] for i in sorted(chosen))


def _weights(question: str, lines: Sequence[str]) -> list[float]:
    """How much each sentence has of the question's words; a word that few sentences have counts more."""
    asked = lexical.term_set(question)
    stems = [asked & lexical.term_set(line) for line in lines]
    spread = Counter(word for words in stems for word in words)
    return [sum(1 / spread[word] for word in words) + (_LEADS if i == 0 else 0) for i, words in enumerate(stems)]
