"""Reads a mail's bytes into headers, one text and a list of attachments, in bounded time whatever is wrong with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from itertools import islice

from ingest.events import Attachment, InvalidMessageError
from ingest.mail.html.html_text import html_to_text
from ingest.mail.parts.charsets import decode, decode_words, readable
from ingest.mail.parts.part import SHORTENED_AT, attachment_of, children_of, is_attachment, parameter, payload_of
from ingest.mail.parts.secured import signed_content, without_armour
from ingest.mail.parts.texts import TEXT_LIMIT, distinct, preferred, unflowed
from ingest.mail.quoting.quotes import is_forward
from ingest.text import clean, one_line, shorten

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
_HEAD_LIMIT = 200_000
_HEADER_LINE = re.compile(rb"[!-9;-~]{1,100}[ \t]*:|[ \t]|From ")
_REACTION = "text/vnd.google.email-reaction+json"
_SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w:.-]{1,40})""", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_UNREADABLE = (RecursionError, ValueError, TypeError, LookupError, AttributeError, MessageError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that was read. `headers` are as they stand, folded lines joined, from top to bottom.

    `text` is clean, still with quotes and signature. `part_types` are the content types of all parts; `reaction` is the
    emoji of a reaction in Gmail, and `calendar_reply` says that the mail answers an invitation. `truncated` says that
    something of it was not read: a text or a header beyond its limit, or parts beyond the first 120; `attachments` may
    then lack some.
    """

    headers: tuple[tuple[str, str], ...]
    content_type: str
    text: str
    attachments: tuple[Attachment, ...]
    part_types: frozenset[str]
    reaction: str
    calendar_reply: bool
    truncated: bool


class _BoundedHeaders(Compat32):
    """The parser's policy, with headers cut: its own reading of a parameter takes time quadratic in its length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        limit = _CONTENT_HEADER_LIMIT if name.lower().startswith("content-") else _HEADER_LIMIT
        # Of many references the newest, at the end, are kept.
        return name, value[-limit:] if name.lower() == "references" else value[:limit]

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


def read(raw: bytes) -> Mail:
    """Read a mail (RFC 5322 and MIME, or what programs make of them).

    Raises InvalidMessageError where there is nothing to read, or so much nesting that it can't be meant.
    """
    shortened, cut = _shortened(_without_stray_lines(raw))
    try:
        message: Message = BytesParser(policy=_BoundedHeaders()).parsebytes(shortened)
        headers = tuple(
            (name, _FOLD.sub("", readable(value))) for name, value in islice(message.raw_items(), _HEADERS_LIMIT)
        )
        subject = next((value for name, value in headers if name.lower() == "subject"), "")
        found = _Found(keep_quotes=is_forward("", decode_words(subject)), truncated=cut)
        parts = distinct(_texts(message, found, depth=0) or [])
        if found.named and not any(part.strip() for part in parts):
            parts = [clean(_promoted(found)[: TEXT_LIMIT + 1])]
    except _UNREADABLE as error:
        raise InvalidMessageError(f"the mail's structure can't be read: {type(error).__name__}") from error
    joined = "\n\n".join(part for part in parts if part)
    text, too_long = shorten(without_armour(joined) or joined, TEXT_LIMIT)
    return Mail(
        headers=headers,
        content_type=message.get_content_type(),
        text=clean(text),
        attachments=tuple(found.attachments),
        part_types=frozenset(found.types),
        reaction=found.reaction,
        calendar_reply=found.calendar_reply,
        truncated=found.truncated or too_long,
    )


@dataclass(slots=True)
class _Found:
    """State of the walk through the parts."""

    keep_quotes: bool
    truncated: bool
    attachments: list[Attachment] = field(default_factory=list)
    named: list[tuple[Attachment, Message]] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    reaction: str = ""
    calendar_reply: bool = False
    parts: int = 0
    text_left: int = _TEXTS_LIMIT


def _without_stray_lines(raw: bytes) -> bytes:
    """Drop lines among the headers that are none and stand above From: the parser would take the rest for the text."""
    head, gap, body = raw[:_HEAD_LIMIT].replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = head.split(b"\n")
    at = next((n for n, line in enumerate(lines) if line[:5].lower() == b"from:"), 0)
    kept = [line for n, line in enumerate(lines[:at]) if n == 0 or _HEADER_LINE.match(line)]
    if not gap or len(kept) == at or not _HEADER_LINE.match(lines[0]):
        return raw
    return b"\n".join([*kept, *lines[at:]]) + gap + body + raw[_HEAD_LIMIT:]


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


def _texts(part: Message, found: _Found, depth: int, *, body: bool = True) -> list[str]:
    """Return the texts of a part and of those within it; attachments and what else it tells are noted in `found`."""
    found.parts += 1
    if found.parts > _PARTS_LIMIT or depth > _DEPTH_LIMIT:
        found.truncated = True
        return []
    found.types.add(part.get_content_type())
    children = children_of(part)
    if part.get_content_maintype() == "multipart" and children:
        return _texts_within(part, children, found, depth)
    if part.get_content_type() in _SEALED and (inner := _opened(part)) is not None:
        return _texts(inner, found, depth + 1)
    if part.get_content_type() == _REACTION:
        found.reaction = _reaction(part)
        return []
    if is_attachment(part, body=body):
        _attach(part, found)
        return []
    return [_text(part, found)]


def _texts_within(part: Message, children: list[Message], found: _Found, depth: int) -> list[str]:
    kind = part.get_content_subtype()
    bodies = [kind == "alternative" or (kind == "related" and n == 0) for n in range(len(children))]
    texts = [_texts(child, found, depth + 1, body=body) for child, body in zip(children, bodies, strict=True)]
    if kind == "alternative":
        return preferred(children, texts)
    return [text for inner in texts for text in inner]


def _attach(part: Message, found: _Found) -> None:
    """Note an attachment; text that came inline under a name is the mail's text where there is no other."""
    attachments = list(attachment_of(part))
    found.attachments.extend(attachments)
    disposition = str(part.get("content-disposition", "")).strip().lower()
    if part.get_content_type() in ("text/plain", "text/html") and not disposition.startswith("attachment"):
        found.named.extend((attachment, part) for attachment in attachments)
    if part.get_content_type() == "text/calendar":
        method = parameter(part, "method") or ""
        begins = payload_of(part)[:4_000].upper()
        found.calendar_reply |= method.upper() in ("REPLY", "COUNTER") or b"METHOD:REPLY" in begins


def _promoted(found: _Found) -> str:
    attachment, part = found.named[0]
    found.attachments.remove(attachment)
    return _text(part, found)


def _opened(part: Message) -> Message | None:
    """Return the mail within an S/MIME signature that encloses it."""
    content = signed_content(payload_of(part))
    return None if content is None else BytesParser(policy=_BoundedHeaders()).parsebytes(_shortened(content)[0])


def _reaction(part: Message) -> str:
    try:
        said = json.loads(payload_of(part)[:1_000])
    except (ValueError, RecursionError):
        return ""
    emoji = said.get("emoji") if isinstance(said, dict) else None
    return one_line(emoji, 20) if isinstance(emoji, str) else ""


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
    if (parameter(part, "format") or "").lower() != "flowed":
        return text
    return unflowed(text, delete=(parameter(part, "delsp") or "").lower() == "yes")
