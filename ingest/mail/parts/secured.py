"""Reads what mail programs signed: the mail within an opaque S/MIME signature, and text in PGP's armour."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DATA = bytes.fromhex("06092a864886f70d010701")  # id-data, the content of a CMS message
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_OCTETS, _CONSTRUCTED_OCTETS = 0x04, 0x24
_CONTENT_LIMIT = 2_000_000
_SIGNED_BEGIN = re.compile(r"^-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z]{1,30}: [^\n]*\n)*\n?", re.MULTILINE)
_DASHED = re.compile(r"^- (?=-|From )", re.MULTILINE)
_BLOCKS = ("SIGNATURE", "PUBLIC KEY BLOCK", "MESSAGE")


def signed_content(raw: bytes) -> bytes | None:
    """Return the mail within an opaque S/MIME signature (CMS, RFC 5652); None where there is none to be read.

    The signature is not verified: DMARC says who the sender is.
    """
    if _SIGNED_DATA not in raw[:100]:
        return None
    at = raw.find(_DATA, raw.find(_SIGNED_DATA) + len(_SIGNED_DATA))
    if at < 0:
        return None
    content = b"".join(_octets(raw, at + len(_DATA)))
    return content or None


def without_armour(text: str) -> str:
    """Return a text without PGP's armour: what was signed stays, signatures, keys and sealed texts go."""
    if "-----BEGIN PGP " not in text:
        return text
    if _SIGNED_BEGIN.search(text):
        text = _DASHED.sub("", _SIGNED_BEGIN.sub("", text))
    for block in _BLOCKS:
        text = _without_block(text, f"-----BEGIN PGP {block}-----", f"-----END PGP {block}-----")
    return text


def _octets(raw: bytes, at: int) -> Iterator[bytes]:
    """Yield the pieces of the first octet string behind `at`, whatever wraps it."""
    end, taken = len(raw), 0
    began = False
    while at + 2 <= end and taken < _CONTENT_LIMIT:
        tag = raw[at]
        length, header = _length(raw, at)
        if tag == _OCTETS and length is not None:
            piece = raw[at + header : at + header + length]
            yield piece
            taken += len(piece)
            began = True
            at += header + length
        elif not began and tag in (0xA0, _CONSTRUCTED_OCTETS):
            at += header
        else:
            return


def _length(raw: bytes, at: int) -> tuple[int | None, int]:
    """Return a value's length, None where it is not told in advance, and the size of its header."""
    first = raw[at + 1]
    if first < 0x80:
        return first, 2
    size = first & 0x7F
    return (int.from_bytes(raw[at + 2 : at + 2 + size], "big"), 2 + size) if 0 < size <= 4 else (None, 2)


def _without_block(text: str, begin: str, end: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := text.find(begin, at)) >= 0:
        kept.append(text[at:start])
        stop = text.find(end, start)
        if stop < 0 and not _is_armour(text[start + len(begin) :]):
            at = start
            break
        at = len(text) if stop < 0 else stop + len(end)
    return "".join((*kept, text[at:]))


def _is_armour(text: str) -> bool:
    """Return whether a block that was cut off goes on with codes and `Name: value`, not with somebody's words."""
    return all(": " in line or " " not in line.strip() for line in text.splitlines())
