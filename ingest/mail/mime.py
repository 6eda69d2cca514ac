"""Reads a mail's bytes into headers, one text and a list of attachments, in bounded time whatever is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from itertools import islice

from ingest.events import Attachment, InvalidMessageError
from ingest.mail.charsets import decode, decode_words, readable
from ingest.mail.html_text import html_to_text
from ingest.mail.parts import SHORTENED_AT, attachment_of, children_of, is_attachment, parameter, payload_of
from ingest.mail.quotes import is_forward
from ingest.text import clean, shorten

# The parser's time grows with lines times nesting. Long attachments are shortened before it: their bytes stay with
# the provider anyway.
_PIECES_LIMIT = 1_000
_PIECE_LIMIT = 400_000
_LINES_LIMIT = 20_000
_MULTIPARTS_LIMIT = 50
_LINES_LIMIT_NESTED = 1_000
_MULTIPART = re.compile(rb"multipart/|message/rfc822", re.IGNORECASE)
_HEADERS_LIMIT = 1_000
_HEADER_LIMIT = 16_000
_CONTENT_HEADER_LIMIT = 1_000
_PARTS_LIMIT = 120
_DEPTH_LIMIT = 40
_TEXTS_LIMIT = 300_000
_TEXT_LIMIT = 60_000
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w:.-]{1,40})""", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_UNREADABLE = (RecursionError, ValueError, TypeError, LookupError, AttributeError, MessageError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that was read. `headers` are as they stand, folded lines joined, from top to bottom.

    `text` is clean, still with quotes and signature. `truncated` says that something of it was not read: a text or a
    header beyond its limit, or parts beyond the first 120; `attachments` may then lack some.
    """

    headers: tuple[tuple[str, str], ...]
    content_type: str
    text: str
    attachments: tuple[Attachment, ...]
    truncated: bool


class _BoundedHeaders(Compat32):
    """The parser's policy, with headers cut: its own reading of a parameter takes time quadratic in its length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        limit = _CONTENT_HEADER_LIMIT if name.lower().startswith("content-") else _HEADER_LIMIT
        return name, value[:limit]

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


def read(raw: bytes) -> Mail:
    """Read a mail (RFC 5322 and MIME, or what programs make of them).

    Raises InvalidMessageError where there is nothing to read, or so much nesting that it can't be meant.
    """
    shortened, cut = _shortened(raw)
    try:
        message: Message = BytesParser(policy=_BoundedHeaders()).parsebytes(shortened)
        headers = tuple(
            (name, _FOLD.sub("", readable(value))) for name, value in islice(message.raw_items(), _HEADERS_LIMIT)
        )
        subject = next((value for name, value in headers if name.lower() == "subject"), "")
        found = _Found(keep_quotes=is_forward("", decode_words(subject)), truncated=cut)
        parts = _texts(message, found, depth=0)
    except _UNREADABLE as error:
        raise InvalidMessageError(f"the mail's structure can't be read: {type(error).__name__}") from error
    text, too_long = shorten("\n\n".join(clean(part[: _TEXT_LIMIT + 1]) for part in parts if part.strip()), _TEXT_LIMIT)
    return Mail(
        headers=headers,
        content_type=message.get_content_type(),
        text=clean(text),
        attachments=tuple(found.attachments),
        truncated=found.truncated or too_long,
    )


@dataclass(slots=True)
class _Found:
    """State of the walk through the parts."""

    keep_quotes: bool
    truncated: bool
    attachments: list[Attachment] = field(default_factory=list)
    parts: int = 0
    text_left: int = _TEXTS_LIMIT


def _shortened(raw: bytes) -> tuple[bytes, bool]:
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


def _texts(part: Message, found: _Found, depth: int) -> list[str]:
    """Return the texts of a part and of those within it; attachments are noted in `found`."""
    found.parts += 1
    if found.parts > _PARTS_LIMIT or depth > _DEPTH_LIMIT:
        found.truncated = True
        return []
    children = children_of(part)
    if part.get_content_maintype() == "multipart" and children:
        texts = [_texts(child, found, depth + 1) for child in children]
        if part.get_content_subtype() == "alternative":
            return _preferred(children, texts)
        return [text for inner in texts for text in inner]
    if is_attachment(part, root=depth == 0):
        found.attachments.extend(attachment_of(part))
        return []
    return [_text(part, found)]


def _preferred(children: list[Message], texts: list[list[str]]) -> list[str]:
    """Of alternatives take the plain text if it says something, else the last (the richest) that does."""
    useful = [n for n, inner in enumerate(texts) if any(text.strip() for text in inner)]
    plain = [n for n in useful if children[n].get_content_type() == "text/plain"]
    return texts[(plain or useful[-1:])[0]] if useful else []


def _text(part: Message, found: _Found) -> str:
    raw = payload_of(part)[: found.text_left]
    found.text_left -= len(raw)
    found.truncated |= found.text_left <= 0
    charset = parameter(part, "charset")
    if part.get_content_subtype() in ("html", "enriched", "richtext"):
        meta = _META_CHARSET.search(raw[:4_000]) if charset is None else None
        html = decode(raw, meta[1].decode("ascii") if meta else charset)
        return html_to_text(html, keep_quotes=found.keep_quotes)
    text = decode(raw, charset)
    return _unflowed(text) if (parameter(part, "format") or "").lower() == "flowed" else text


def _unflowed(text: str) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676): a space at a line's end; quoted lines stay as they are."""
    joined: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        soft = bool(joined) and joined[-1].endswith(" ") and joined[-1] != "-- " and not joined[-1].startswith(">")
        if soft and line.strip() and not line.startswith(">") and line != "-- ":
            joined[-1] += line.removeprefix(" ")
        else:
            joined.append(line.removeprefix(" "))
    return "\n".join(joined)
