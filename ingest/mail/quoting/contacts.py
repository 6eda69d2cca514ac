"""Tells the lines of a signature, names, roles, telephones, addresses, from what a customer writes or asks about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.mail.quoting.endings import ENDINGS, is_sent_from, is_sign_off
from ingest.mail.quoting.layouts import field_of, key

CONTACT_LINES = 8
_NAME_WORDS = 6
_PHONE = re.compile(r"[+(]?[\d(][\d ()./-]{5,24}\d")
_INTERNATIONAL = re.compile(r"(?:\+|^00)\d[\d ()./-]{5,24}\d")
_POSTCODE = re.compile(
    r"(?<![\d-])(?:[A-Z]{1,2}-?)?\d{4,6}(?:-\d{3,4})? [^\W\d_]{3,}|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"
)
_ADDRESS = re.compile(r"[^\s<>()]{1,64}@[^\s<>()]{3,190}")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PIECES = re.compile(r"\s*[,|•·/;]\s*|\s{2,}|\t")


def is_contact_block(lines: Sequence[str]) -> bool:
    """Return whether lines are a short block of contact lines with at most one address."""
    written = [line for line in lines if line.strip()]
    if len(written) > CONTACT_LINES or not all(is_contact(line) or is_sign_off(line) for line in written):
        return False
    addresses = [address for line in written for address in _ADDRESS.findall(line)]
    return len(addresses) <= 1 and (not addresses or len(written) > 1)


def is_contact(line: str) -> bool:
    """Return whether a line is a name, a role, a company, a telephone, an address or several of them."""
    bare = line.strip(" \t*_")
    if len(bare) > 120 or is_sentence(bare):
        return False
    if is_sent_from(bare):
        return True
    return all(_is_contact_piece(piece) for piece in _PIECES.split(bare) if piece) or _is_postal(bare)


def _is_contact_piece(piece: str) -> bool:
    field = field_of(piece)
    if field is not None and not _URL.match(piece):
        return field.name in ENDINGS.contact_fields
    if _URL.fullmatch(piece) or _ADDRESS.fullmatch(piece.strip("<>")) or is_number_line(piece) or _is_postal(piece):
        return True
    words = piece.split()
    return (
        len(words) <= _NAME_WORDS
        and not any(char.isdigit() for char in piece)
        and not piece.startswith(("-", "•", "["))
    )


def is_number_line(line: str) -> bool:
    """Return whether a line is a telephone's number, or a field of a signature."""
    bare = line.strip()
    first, _, rest = bare.partition(" ")
    labelled = key(first).rstrip(":.") in ENDINGS.contact_fields and _PHONE.fullmatch(rest.strip()) is not None
    field = field_of(bare)
    named = field is not None and field.name in ENDINGS.contact_fields
    return (
        labelled
        or named
        or _INTERNATIONAL.search(bare) is not None
        or (_PHONE.fullmatch(bare) is not None and bare[:1] in "+(0")
    )


def _is_postal(line: str) -> bool:
    words = key(line).replace(",", " ").split()
    street = any(word in ENDINGS.street_words or word.endswith(ENDINGS.street_endings) for word in words)
    return any(char.isdigit() for char in line) and (street or _POSTCODE.search(line) is not None) and len(words) <= 14


def is_asked(line: str) -> bool:
    """Return whether a line below `-- ` holds what no signature holds: a field or a number of something else."""
    field = field_of(line)
    if field is not None and not _URL.match(line.strip()):
        return field.name not in ENDINGS.contact_fields
    return any(char.isdigit() for char in line) and not is_contact(line)


def is_sentence(line: str) -> bool:
    """Return whether a line is text rather than a name or an address."""
    words = line.split()
    if len(line) > 120 or line.endswith(("?", "？", "。", "؟")):
        return True
    if line.endswith((".", "!", ":")) and words[-1].lower() not in ENDINGS.abbreviations:
        return len(words) >= 3
    return len(words) >= 9 or (len(words) >= 5 and line[:1].islower())


def _written(lines: Sequence[str]) -> int:
    return sum(bool(line.strip()) for line in lines)
