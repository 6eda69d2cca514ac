"""Groups questions by what they are about, and names each group by its words.

A question's vector is the mean of the stored vectors of the passages that its search found, weighted by their
cosines, beside the vector of its words: no text is encoded again. A question that was handed over without a search has
its reason instead of passages.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from db.measurement.digest import Question

Floats = NDArray[np.float32]
ALIKE = 0.55
"""Least cosine of a question to the middle of its group."""
WORDS_WEIGHT = 0.3
"""The share of the words in a question's vector; the rest are its passages."""
NAMED_BY = 3
EXAMPLES = 3
STOP_WORDS = frozenset(Path(__file__).with_name("stop_words.txt").read_text(encoding="utf-8").split())
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A group of questions: the words that tell it from the others, and `title` of the passage most of them found.

    `tickets` are examples. `escalated` counts those that went to a person.
    """

    words: tuple[str, ...]
    title: str | None
    questions: int
    customers: int
    escalated: int
    tickets: tuple[str, ...]


def topics(questions: Sequence[Question], passages: Mapping[str, Floats], *, most: int, least: int = 1) -> list[Topic]:
    """Return the largest groups, of at least so many questions; `passages` are the stored vectors by slug."""
    if not questions:
        return []
    words = [_words(question.text) for question in questions]
    rarity = _rarity(words)
    vectors = np.hstack(
        [
            math.sqrt(1 - WORDS_WEIGHT) * _unit(_found(questions, passages)),
            math.sqrt(WORDS_WEIGHT) * _unit(_counted(words, rarity)),
        ]
    )
    groups = [group for group in alike_groups(vectors, ALIKE) if len(group) >= least]
    groups.sort(key=lambda group: (-len(group), group[0]))
    return [_topic([questions[n] for n in group], [words[n] for n in group], rarity) for group in groups[:most]]


def alike_groups(vectors: Floats, least: float) -> list[list[int]]:
    """Return the places of unit vectors `(n, d)` in groups whose cosines to their centre are at least `least`.

    The vector with the most neighbours takes all of them, then the next of those that are left. A centre stands first.
    """
    near = vectors @ vectors.T >= least
    left = np.ones(len(vectors), dtype=bool)
    groups = []
    while left.any():
        centre = int(np.argmax((near & left).sum(axis=1) * left))
        members = near[centre] & left
        members[centre] = True
        left &= ~members
        groups.append([centre, *(int(n) for n in np.flatnonzero(members) if n != centre)])
    return groups


def _found(questions: Sequence[Question], passages: Mapping[str, Floats]) -> Floats:
    """Return `(n, d + r)`: the means of the found passages' vectors, then a column a reason of those without any."""
    width = len(next(iter(passages.values()), ()))
    reasons = sorted({question.reason or "" for question in questions})
    rows = np.zeros((len(questions), width + len(reasons)), dtype=np.float32)
    for row, question in zip(rows, questions, strict=True):
        for slug, _, cosine in question.passages:
            if slug in passages:
                row[:width] += max(cosine, 0.0) ** 2 * passages[slug]
        if not row.any():
            row[width + reasons.index(question.reason or "")] = 1.0
    return rows


def _counted(words: Sequence[Counter[str]], rarity: Mapping[str, float]) -> Floats:
    places = {word: n for n, word in enumerate(rarity)}
    rows = np.zeros((len(words), len(places)), dtype=np.float32)
    for row, counted in zip(rows, words, strict=True):
        for word in counted:
            row[places[word]] = rarity[word]
    return rows


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit


def _words(text: str) -> Counter[str]:
    return Counter(word for word in _WORD.findall(text.lower()) if word not in STOP_WORDS)


def _rarity(words: Iterable[Counter[str]]) -> dict[str, float]:
    """Return the inverse document frequency of each word."""
    documents = list(words)
    seen = Counter(word for counted in documents for word in counted)
    return {word: math.log((1 + len(documents)) / (1 + count)) + 0.1 for word, count in seen.items()}


def _topic(members: Sequence[Question], words: Sequence[Counter[str]], rarity: Mapping[str, float]) -> Topic:
    inside = Counter(word for counted in words for word in counted)
    # Words of several questions first: one that stands in one alone hardly names the group.
    best = sorted(inside, key=lambda word: (inside[word] < 2, -inside[word] * rarity[word], word))[:NAMED_BY]
    titles = Counter(question.passages[0][1] for question in members if question.passages)
    return Topic(
        words=tuple(best),
        title=titles.most_common(1)[0][0] if titles else None,
        questions=len(members),
        customers=len({question.customer_id for question in members}),
        escalated=sum(question.outcome == "escalated" for question in members),
        tickets=tuple(dict.fromkeys(question.ticket for question in members))[:EXAMPLES],
    )
