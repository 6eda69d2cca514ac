"""Homoglyphs: a draft with characters that look like Latin letters or digits can't be checked, so it is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_TYPOGRAPHY = frozenset("‘’‚“”„«»–—…•·→›×°§©®™€£¥¢’\u00a0\u202f\u2009\ufe0f\u200d\n\t")
_FRIENDLY = frozenset("🙂😊😀😃😄👍🙏👋🎉✨")
_KEPT = _FRIENDLY | _TYPOGRAPHY
_LOOSE_JOINER = re.compile(rf"(?<![{''.join(_FRIENDLY)}])[\u200d\ufe0f]")


def bare(text: str) -> str:
    """Return `text` in NFC without symbols (category So) and stray joiners; common emoji and typography are kept."""
    letters = (c for c in unicodedata.normalize("NFC", text) if c in _KEPT or unicodedata.category(c) != "So")
    return _LOOSE_JOINER.sub("", "".join(letters))


def has_homoglyphs(text: str, known: Iterable[str]) -> bool:
    """Return whether `text` has characters beyond Latin letters, ASCII digits and typography that no `known` text has.

    Full-width, mathematical, enclosed, Cyrillic, Greek or Arabic characters may read like words that the guardrails
    look for, without being matched.
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
