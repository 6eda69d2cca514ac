"""Decodes bytes of mail with wrong, missing, unknown or dangerous charsets."""

from __future__ import annotations

import binascii
import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header

# What mail really is written in. Other codecs of Python's are no charsets (unicode_escape, punycode) or let text be
# smuggled past filters (utf-7), and are refused. The keys are Python's names, the values what is really meant.
_CODECS = {
    "ascii": "ascii", "utf-8": "utf-8", "utf-8-sig": "utf-8-sig", "utf-16": "utf-16", "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be", "utf-32": "utf-32", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "hz": "hz", "big5": "big5hkscs",
    "big5hkscs": "big5hkscs", "cp950": "big5hkscs", "shift_jis": "cp932", "cp932": "cp932", "euc_jp": "euc_jp",
    "iso2022_jp": "iso2022_jp_ext", "iso2022_jp_1": "iso2022_jp_ext", "iso2022_jp_2": "iso2022_jp_2",
    "iso2022_jp_ext": "iso2022_jp_ext", "euc_kr": "cp949", "cp949": "cp949", "iso2022_kr": "iso2022_kr",
    "koi8-r": "koi8-r", "koi8-u": "koi8-u", "mac-roman": "mac-roman", "mac-cyrillic": "mac-cyrillic",
    **{name: name for name in (
        "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-10",
        "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16", "cp437", "cp850", "cp852", "cp866", "cp874",
        "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258")},
}  # fmt: skip
_ALIASES = {"iso-8859-8-i": "iso8859-8", "x-gbk": "gb18030", "windows-874": "cp874", "x-mac-cyrillic": "mac-cyrillic"}
_DOUBTED = (None, "ascii", "utf-8", "cp1252", "cp1254")
_UTF_8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HEADER_LIMIT = 4_000


def decode(raw: bytes, declared: str | None) -> str:
    """Return the text of `raw`; never raises.

    The declared charset counts unless it is unknown, refused, or disproved: bytes that are valid UTF-8 beyond ASCII
    are UTF-8 even where they claim to be Latin-1, and what does not decode is read as UTF-8 if it contains any of its
    sequences, else as Windows-1252. Latin-1 is read as Windows-1252, as every mail program does.
    """
    codec = _codec(declared)
    return _guess(raw, codec) if codec in _DOUBTED else raw.decode(codec or "utf-8", "replace")


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


def _guess(raw: bytes, codec: str | None) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if codec not in ("cp1252", "cp1254"):
            codec = "utf-8" if _UTF_8_SEQUENCE.search(raw) else "cp1252"
        return raw.decode(codec, "replace")


def _decoded(piece: bytes | str, charset: str | None) -> str:
    """Plain pieces beside encoded words come as bytes that Python made with raw-unicode-escape."""
    if isinstance(piece, str):
        return piece
    return piece.decode("raw-unicode-escape", "replace") if charset is None else decode(piece, charset)


def _codec(declared: str | None) -> str | None:
    name = (declared or "").strip().strip("'\"").lower()[:50]
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        return _CODECS.get(codecs.lookup(name).name)
    except (LookupError, ValueError):
        return None
