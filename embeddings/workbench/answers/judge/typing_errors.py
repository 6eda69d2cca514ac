"""Types a text as somebody in a hurry does."""

from __future__ import annotations

import random
import re

_WORD = re.compile(r"[A-Za-z]{4,}")
SLIPS = 0.15
"""The share of words of four letters and more that get one slip."""


def mistyped(text: str, rng: random.Random) -> str:
    """Return `text` with slips: two letters in the wrong order, one too few, one twice; some texts all lower case."""
    slipped = _WORD.sub(lambda found: _slip(found.group(), rng) if rng.random() < SLIPS else found.group(), text)
    return slipped.lower() if rng.random() < 0.5 else slipped


def _slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    match rng.randrange(3):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case _:
            return word[:at] + word[at] + word[at:]
