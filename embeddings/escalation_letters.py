"""Spelling beside meaning: hashed letter groups of a text, which hold what a sentence vector blurs or a typo breaks."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 2**15
SHORTEST, LONGEST = 2, 5
MAX_CHARACTERS = 2000
"""What is read of a text; its parts are read one by one anyway."""

Floats = NDArray[np.float32]

_WORD = re.compile(r"[^\W_]+")


def letter_groups(text: str) -> tuple[NDArray[np.int64], Floats]:
    """Bucket numbers, each once, and 1 + log of how often each occurs; both empty for a text without words."""
    counts = Counter(crc32(group.encode()) % BUCKETS for word in _words(text) for group in _groups(word))
    buckets = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
    often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    return buckets, np.asarray(1.0 + np.log(often), dtype=np.float32)


def weighted_groups(text: str, rarity: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Bucket numbers and their values times `rarity` (BUCKETS,), brought to length 1."""
    buckets, values = letter_groups(text)
    values = values * rarity[buckets]
    length = float(np.linalg.norm(values))
    return buckets, values / length if length else values


def _words(text: str) -> list[str]:
    letters = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS].casefold().replace("’", "").replace("'", ""))
    return _WORD.findall("".join(letter for letter in letters if not unicodedata.combining(letter)))


def _groups(word: str) -> Iterator[str]:
    """The word with a space on either side, in pieces of 2 to 5 characters."""
    padded = f" {word} "
    for size in range(SHORTEST, min(LONGEST, len(padded)) + 1):
        yield from (padded[at : at + size] for at in range(len(padded) - size + 1))
