"""The words of a person's search, as PostgreSQL's text search takes them."""

from __future__ import annotations

import re
from typing import Literal

MAX_WORDS = 20


def tsquery(asked: str, joined_by: Literal["&", "|"]) -> str | None:
    """Return what `to_tsquery` reads: all (&) or any (|) of the words, the last of which may be a beginning.

    None without a word.
    """
    words = [f"'{word}'" for word in re.findall(r"\w+", asked)[:MAX_WORDS]]
    return f" {joined_by} ".join(words) + ":*" if words else None
