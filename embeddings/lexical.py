"""Reduces text to the stems of content words, and counts how rare each stem is in the knowledge base."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

OWN_NAMES = ("TechCorp Platform", "TechCorp")
"""The company's and its product's names, longest first. Every passage has them, so they only add noise to a search."""

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")

_OWN = re.compile(rf"\b(?:{'|'.join(map(re.escape, OWN_NAMES))})(?:['’]s)?\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]+")
_STOP = frozenset(
    _WORD.findall(
        """
        a about able all also am an and any are as at be been being but by can cant could did do does doesnt doing dont
        for from get got had has have hello help hey hi how i if im in into is isnt it its just like me my need no not
        of on or our out please pls so some still than thank thanks that the their them then there they this to too u
        up us use used using want was way we were what whats when where which who why will with would you your every
        one
        """
    )
)
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "edly", "ed", "es", "s", "ly")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The knowledge base's words: `words` with their number of uses, `stems` with their number of passages."""

    passages: int
    words: Mapping[str, int]
    stems: Mapping[str, int]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Count the words of the passages' texts (title and content)."""
        texts = list(texts)
        words = Counter(word for text in texts for word in _WORD.findall(text.lower()))
        stems = Counter(stem_ for text in texts for stem_ in set(terms(text)))
        return cls(passages=len(texts), words=dict(sorted(words.items())), stems=dict(sorted(stems.items())))

    def rarity(self, stem_: str) -> float:
        """Return the inverse document frequency in nats; a stem that no passage has is the rarest."""
        return math.log((self.passages + 1) / (self.stems.get(stem_, 0) + 0.5))


def without_own_names(text: str) -> str:
    """Return `text` without OWN_NAMES; unchanged when it holds nothing else."""
    return " ".join(_OWN.sub("", text).split()) or text


def terms(text: str) -> list[str]:
    """Return the stems of the words that carry content, in order, repeats kept."""
    words = _WORD.findall(text.lower().replace("'", "").replace("’", ""))
    return [stem(word) for word in words if word not in _STOP and (len(word) > 1 or word.isdigit())]


@lru_cache(maxsize=4096)
def term_set(text: str) -> frozenset[str]:
    """Return `terms` without order; cached, as the same passages are compared again and again."""
    return frozenset(terms(text))


@lru_cache(maxsize=4096)
def sentence_terms(text: str) -> tuple[frozenset[str], ...]:
    """Return the terms of each sentence; cached like `term_set`."""
    return tuple(frozenset(terms(sentence)) for sentence in SENTENCE_END.split(text) if sentence)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Cut the commonest English endings, so that 'invites', 'inviting' and 'invite' get one stem."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 4 and word[-1] in "ey":
        word = word[:-1] + ("i" if word[-1] == "y" else "")
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word
