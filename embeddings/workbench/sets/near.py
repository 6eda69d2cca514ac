"""Finds texts that are nearly alike: by the share of common letter triples, then by the edits between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from rapidfuzz import fuzz
from sklearn.feature_extraction.text import TfidfVectorizer

ALIKE = 90.0
"""Per cent of edit similarity from which two texts count as the same one: a typing error or a full stop apart."""
_CANDIDATE = 0.7
"""The least cosine of letter triples of texts that are worth comparing."""
_ROWS = 2_000
T = TypeVar("T")


def near_pairs(texts: Sequence[str], others: Sequence[str], least: float = ALIKE) -> list[tuple[int, int]]:
    """Return the places of nearly alike texts, one of each list, in order; `least` is in per cent."""
    if not texts or not others:
        return []
    left, right = [_plain(text) for text in texts], [_plain(text) for text in others]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), dtype=np.float32)
    columns = vectorizer.fit_transform([*left, *right]).tocsr()
    ours, theirs = columns[: len(left)], columns[len(left) :].T.tocsr()
    found = []
    for start in range(0, len(left), _ROWS):
        alike = (ours[start : start + _ROWS] @ theirs).tocoo()
        near = alike.data >= _CANDIDATE
        for row, column in sorted(zip(alike.row[near].tolist(), alike.col[near].tolist(), strict=True)):
            if fuzz.ratio(left[start + row], right[column], score_cutoff=least) >= least:
                found.append((start + row, column))
    return found


def without_near(
    rows: Sequence[T], others: Sequence[str], *, text: Callable[[T], str], least: float = ALIKE
) -> list[T]:
    """Return the rows whose text is nearly none of the others."""
    known = {row for row, _ in near_pairs([text(one) for one in rows], others, least)}
    return [one for row, one in enumerate(rows) if row not in known]


def _plain(text: str) -> str:
    """Return lower case, with single blanks and without what is no letter or digit at the ends of words."""
    return " ".join(word.strip(".,;:!?\"'()…-") for word in text.lower().split())
