"""Cleans text from outside, once: removes what PostgreSQL can't store and what hides text from people or models."""

from __future__ import annotations

import re
import unicodedata

_NEWLINES = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Surrogates and controls can't be stored or shown; bidi overrides and tag characters hide text from people.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINE_ENDS = re.compile(r"(?<![ \t])[ \t]++(?=\n)")
_MARKS_LIMIT = 30
_GAPS = re.compile(r"\n{3,}")
# Letters and signs that show nothing: the fillers of Hangul, an empty Braille cell, joiners.
_BLANKS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2800\u3164\ufe00-\ufe0f\uffa0\\s]")
_FILLERS = " \u115f\u1160\u2800\u3164\uffa0"


def clean(text: str) -> str:
    """Return `text` in NFC with `\\n` line ends, at most one empty line in a row, and nothing invisible that matters.

    NUL, other controls (tab and newline stay), lone surrogates, bidi overrides, zero-width and tag characters are
    removed, exotic spaces become a space. Joiners stay: emoji and several scripts need them. `clean(clean(x)) ==
    clean(x)`.
    """
    text = _UNWANTED.sub("", _NEWLINES.sub("\n", text))
    text = _SPACES.sub(" ", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _stream_safe(text))
    return _GAPS.sub("\n\n", _LINE_ENDS.sub("", text)).strip()


def one_line(text: str, limit: int) -> str:
    """Return `text` cleaned, on one line and at most `limit` characters long: for subjects and names."""
    return " ".join(clean(text).split())[:limit].rstrip()


def shown_name(text: str, limit: int) -> str:
    """Return a name on one line as `one_line` does, without what is not seen around it; '' where nothing would be."""
    name = one_line(text, limit).strip(_FILLERS)
    return name if _BLANKS.sub("", name) else ""


def shorten(text: str, limit: int) -> tuple[str, bool]:
    """Return the first `limit` characters of `text`, and whether anything was cut off."""
    return (text, False) if len(text) <= limit else (text[:limit].rstrip(), True)


def _stream_safe(text: str) -> str:
    """Keep at most 30 marks on a letter (UAX #15): more mean nothing, and normalising takes quadratic time."""
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS_LIMIT:
            kept.append(char)
    return "".join(kept)
