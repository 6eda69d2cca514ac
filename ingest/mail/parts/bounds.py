"""Bounds on what is parsed of a mail: the parser's time grows with lines times nesting, and with headers' lengths."""

from __future__ import annotations

import re
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32

from ingest.mail.parts.part import SHORTENED_AT

# Long attachments are shortened before the parser sees them: their bytes stay with the provider anyway.
_PIECES_LIMIT = 1_000
_PIECE_LIMIT = 400_000
_LINES_LIMIT = 20_000
_MULTIPARTS_LIMIT = 50
_LINES_LIMIT_NESTED = 1_000
_MULTIPART = re.compile(rb"multipart/|message/rfc822", re.IGNORECASE)
_HEADER_LIMIT = 16_000
_CONTENT_HEADER_LIMIT = 1_000
_HEAD_LIMIT = 200_000
_HEADER_LINE = re.compile(rb"[!-9;-~]{1,100}[ \t]*:|[ \t]|From ")
_MBOX_LINE = re.compile(rb">+From [^\n]*\n")


class _BoundedHeaders(Compat32):
    """The parser's policy, with headers cut: its own reading of a parameter takes time quadratic in its length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        limit = _CONTENT_HEADER_LIMIT if name.lower().startswith("content-") else _HEADER_LIMIT
        # Of many references the newest, at the end, are kept.
        return name, value[-limit:] if name.lower() == "references" else value[:limit]

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


def parsed(raw: bytes) -> Message:
    """Return the mail's parts, its headers cut."""
    return BytesParser(policy=_BoundedHeaders()).parsebytes(raw)


def without_stray_lines(raw: bytes) -> bytes:
    """Drop lines among the headers that are none and stand above From: the parser would take the rest for the text."""
    if mbox := _MBOX_LINE.match(raw):
        raw = raw[mbox.end() :]
    head, gap, body = raw[:_HEAD_LIMIT].replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = head.split(b"\n")
    at = next((n for n, line in enumerate(lines) if line[:5].lower() == b"from:"), 0)
    kept = [line for n, line in enumerate(lines[:at]) if n == 0 or _HEADER_LINE.match(line)]
    if not gap or len(kept) == at or not _HEADER_LINE.match(lines[0]):
        return raw
    return b"\n".join([*kept, *lines[at:]]) + gap + body + raw[_HEAD_LIMIT:]


def shortened(raw: bytes) -> tuple[bytes, bool]:
    """Return the bytes to parse, and whether more than attachments' bytes was cut off."""
    pieces = raw.split(b"\n--", _PIECES_LIMIT)
    kept = b"\n--".join(_cut(piece) for piece in pieces)
    nested = len(_MULTIPART.findall(kept)) > _MULTIPARTS_LIMIT
    limit = _LINES_LIMIT_NESTED if nested else _LINES_LIMIT
    lines = kept.split(b"\n", limit)
    return b"\n".join(lines[:limit]), len(lines) > limit or any(len(piece) > _PIECE_LIMIT for piece in pieces[-1:])


def _cut(piece: bytes) -> bytes:
    head = piece[:2_000].lower()
    attached = b"base64" in head and b"text/" not in head
    return piece[: SHORTENED_AT if attached else _PIECE_LIMIT]
