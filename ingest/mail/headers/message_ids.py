"""Reads message ids from headers as mail programs write, fold and encode them."""

from __future__ import annotations

import re
from html import unescape

from ingest.mail.parts.charsets import decode_words

_ENCLOSED = re.compile(r"<([^<>]{1,1000})>")
_ID = re.compile(r"[!-;=?-~]{1,900}")
_BARE = re.compile(r"[^\s<>\"(),;:@]{1,400}@[^\s<>\"(),;@]{1,400}")
_SPACE = re.compile(r"\s+")


def message_ids(value: str) -> tuple[str, ...]:
    """Return the ids of a header, each in angle brackets, in order.

    Encoded words and `&lt;` are read, an id that a line break tore is put together, and ids without brackets count
    where nothing else stands in the header.
    """
    text = unescape(decode_words(value) if "=?" in value else value)
    found = [_joined(inner) for inner in _ENCLOSED.findall(text)]
    if not found:
        words = text.strip(" \t\r\n<>").split()
        found = words if words and all(_BARE.fullmatch(word) for word in words) else []
    return tuple(f"<{one}>" for one in found if _ID.fullmatch(one))


def _joined(inner: str) -> str:
    return _SPACE.sub("", inner) if "@" in inner else inner
