"""Similarity of two names: a hint for the person who decides about a merge, never a reason for one."""

from __future__ import annotations

from rapidfuzz import fuzz, utils


def similarity(one: str, other: str) -> int | None:
    """Return the token-sort ratio of two names, 0 to 100 (the same words in any order); None if one is blank."""
    if not one.strip() or not other.strip():
        return None
    return round(fuzz.token_sort_ratio(one, other, processor=utils.default_process))
