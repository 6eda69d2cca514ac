"""Reduces text to the stems of content words; finds and counts words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")

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


def word_counts(texts: Iterable[str]) -> dict[str, int]:
    """Return the texts' words, in lower case, with their number of uses."""
    return dict(sorted(Counter(word for text in texts for word in _WORD.findall(text.lower())).items()))


def without_own_names(text: str, names: Iterable[str]) -> str:
    """Return `text` without the company's and its product's `names`; unchanged when it holds nothing else.

    Every passage has them, so they only add noise to a search.
    """
    return " ".join(named(text, tuple(names), "").split()) or text


def named(text: str, names: tuple[str, ...], put: str) -> str:
    """Return `text` with each of the `names`, whole words and also in the genitive, replaced by `put`."""
    return _names(names).sub(put, text)


@lru_cache(maxsize=32)
def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    """Match any of the names, the longest first; nothing without names."""
    joined = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name) or r"(?!)"
    return re.compile(rf"(?<!\w)(?:{joined})(?:['’]?s)?(?!\w)", re.IGNORECASE)


def terms(text: str) -> list[str]:
    """Return the stems of the words that carry content, in order, repeats kept."""
    words = _WORD.findall(text.lower().replace("'", "").replace("’", ""))
    return [stem(word) for word in words if word not in _STOP and (len(word) > 1 or word.isdigit())]


@lru_cache(maxsize=4096)
def term_set(text: str) -> frozenset[str]:
    """Return `terms` without order; cached, as the same passages are compared again and again."""
    return frozenset(terms(text))


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
