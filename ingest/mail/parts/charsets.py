"""Decodes bytes of mail with wrong, missing, unknown or dangerous charsets."""

from __future__ import annotations

import binascii
import re
import tomllib
from email.errors import HeaderParseError
from email.header import decode_header
from pathlib import Path

# Texts of these have bytes in pairs that may pass for UTF-8, if there are few of them.
_PAIRED = ("gb18030", "big5hkscs", "cp949", "euc_jp", "cp932")
_FEW_SEQUENCES = 4
_WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")
_WESTERN = (None, "ascii", "utf-8", "utf-8-sig")
_LABELS = {
    label: codec
    for codec, labels in tomllib.loads(Path(__file__).with_name("charset_labels.toml").read_text()).items()
    for label in labels
}
_LONG_SEQUENCE = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
_UTF_8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HEADER_LIMIT = 4_000


def decode(raw: bytes, declared: str | None) -> str:
    """Return the text of `raw`; never raises.

    The declared charset counts unless it is unknown, refused, or disproved: bytes that are valid UTF-8 beyond ASCII
    are UTF-8 whatever they claim to be, and what does not decode is read as UTF-8 if it contains any of its sequences,
    else as Windows-1252. Latin-1 is read as Windows-1252, as every mail program does.
    """
    codec = _codec(declared)
    if codec not in _WESTERN and not _is_utf_8(raw, str(codec)):
        return raw.decode(str(codec), "replace")
    return _guess(raw, codec)


def decode_words(value: str) -> str:
    """Return a raw header value with its encoded words (RFC 2047) read; raw 8-bit bytes are read too. Never raises."""
    value = readable(value[:_HEADER_LIMIT])
    try:
        pieces = decode_header(value)
    except (HeaderParseError, binascii.Error, ValueError):
        return value
    return "".join(_decoded(piece, charset) for piece, charset in pieces)


def readable(value: str) -> str:
    """Return a header value in which 8-bit bytes, which the parser keeps as surrogates, are read as text."""
    if value.isascii():
        return value
    escapes_only = all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in value)
    return decode(value.encode("utf-8", "surrogateescape" if escapes_only else "replace"), None)


def _is_utf_8(raw: bytes, codec: str) -> bool:
    """Return whether the bytes are UTF-8 although another charset is declared."""
    if codec in _WIDE:
        return b"\x00" not in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff")) and _is_valid(raw)
    sequences = len(_UTF_8_SEQUENCE.findall(raw))
    if not sequences or not _is_valid(raw):
        return False
    letters = sum(map(raw.count, b"etaoinsrhldcum"))
    telling = bool(_LONG_SEQUENCE.search(raw)) or sequences >= _FEW_SEQUENCES or letters > sequences
    return telling or codec not in _PAIRED


def _is_valid(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guess(raw: bytes, codec: str | None) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("utf-8" if _UTF_8_SEQUENCE.search(raw) else "cp1252", "replace")


def _decoded(piece: bytes | str, charset: str | None) -> str:
    """Plain pieces beside encoded words come as bytes that Python made with raw-unicode-escape."""
    if isinstance(piece, str):
        return piece
    return piece.decode("raw-unicode-escape", "replace") if charset is None else decode(piece, charset)


def _codec(declared: str | None) -> str | None:
    """Return the codec of a label; what follows a blank or a semicolon is no part of it."""
    words = (declared or "")[:100].strip(" '\"\t").lower().replace(";", " ").split()
    return _LABELS.get("".join(char for char in words[0] if char.isalnum())) if words else None
