"""How alike two names are: a hint for the person who decides, never a reason to merge."""

from __future__ import annotations

from rapidfuzz import fuzz, utils


def likeness(one: str, other: str) -> int | None:
    """Return 0 (nothing alike) to 100 (the same words in whatever order); None where a name is missing."""
    if not one.strip() or not other.strip():
        return None
    return round(fuzz.token_sort_ratio(one, other, processor=utils.default_process))
