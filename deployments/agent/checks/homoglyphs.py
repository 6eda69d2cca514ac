"""Letters and digits that look like others: a draft that hides what it says cannot be checked, so it does not leave."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_TYPOGRAPHY = frozenset("‘’‚“”„«»–—…•·→›×°§©®™€£¥¢’\u00a0\u202f\u2009\ufe0f\u200d\n\t")
_FRIENDLY = frozenset("🙂😊😀😃😄👍🙏👋🎉✨")
_KEPT = _FRIENDLY | _TYPOGRAPHY
_LOOSE_JOINER = re.compile(rf"(?<![{''.join(_FRIENDLY)}])[\u200d\ufe0f]")


def bare(text: str) -> str:
    """Return `text` composed (NFC), without joiners inside words and without pictures, which can tell a story too."""
    letters = (c for c in unicodedata.normalize("NFC", text) if c in _KEPT or unicodedata.category(c) != "So")
    return _LOOSE_JOINER.sub("", "".join(letters))


def has_homoglyphs(text: str, known: Iterable[str]) -> bool:
    """Tell whether `text` has letters, digits or marks beyond Latin ones, which no text in `known` has.

    Full-width, mathematical, enclosed, Cyrillic, Greek or Arabic signs read like the words that the checks look for
    and are not found by them.
    """
    return any(not _readable(character) for character in set(text).difference(*known))


def _readable(character: str) -> bool:
    if character in _TYPOGRAPHY or " " <= character <= "~":
        return True
    if any(c.isalnum() and c.isascii() for c in unicodedata.normalize("NFKC", character)):
        return False
    category = unicodedata.category(character)
    if category.startswith("L"):
        return unicodedata.name(character, "").startswith("LATIN") and ord(character) < 0x250
    return character in _FRIENDLY or category == "Sk"
