"""Walks through the parts of a mail: which are its text, which are files, and what else they tell."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.message import Message

from ingest.events import Attachment
from ingest.mail.html.html_text import html_to_text
from ingest.mail.parts.bounds import parsed, shortened
from ingest.mail.parts.charsets import decode
from ingest.mail.parts.part import attachment_of, children_of, is_attachment, parameter, payload_of
from ingest.mail.parts.secured import signed_content
from ingest.mail.parts.texts import TEXT_LIMIT, distinct, preferred, unflowed
from ingest.text import clean, one_line

_PARTS_LIMIT = 120
_DEPTH_LIMIT = 40
_TEXTS_LIMIT = 300_000
_REACTION = "text/vnd.google.email-reaction+json"
_SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w:.-]{1,40})""", re.IGNORECASE)


@dataclass(slots=True)
class Walk:
    """What the parts of a mail hold beside its text; `files` are its attachments with the parts that they are.

    `keep_quotes`: the mail is a forward, whose quotes are its text.
    """

    keep_quotes: bool
    truncated: bool
    files: list[tuple[Attachment, Message]] = field(default_factory=list)
    named: list[tuple[Attachment, Message]] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    reaction: str = ""
    calendar_reply: bool = False
    parts: int = 0
    text_left: int = _TEXTS_LIMIT


def texts_of(message: Message, found: Walk) -> list[str]:
    """Return the texts of a mail, each once; without any, the first text that came inline under a name."""
    texts = distinct(_texts(message, found, depth=0) or [])
    if found.named and not any(text.strip() for text in texts):
        return [clean(_promoted(found)[: TEXT_LIMIT + 1])]
    return texts


def _texts(part: Message, found: Walk, depth: int, *, body: bool = True) -> list[str]:
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


def _texts_within(part: Message, children: list[Message], found: Walk, depth: int) -> list[str]:
    kind = part.get_content_subtype()
    bodies = [kind == "alternative" or (kind == "related" and n == 0) for n in range(len(children))]
    texts = [_texts(child, found, depth + 1, body=body) for child, body in zip(children, bodies, strict=True)]
    if kind == "alternative":
        return preferred(children, texts)
    return [text for inner in texts for text in inner]


def _attach(part: Message, found: Walk) -> None:
    """Note an attachment; text that came inline under a name is the mail's text where there is no other."""
    files = [(attachment, part) for attachment in attachment_of(part)]
    found.files.extend(files)
    disposition = str(part.get("content-disposition", "")).strip().lower()
    if part.get_content_type() in ("text/plain", "text/html") and not disposition.startswith("attachment"):
        found.named.extend(files)
    if part.get_content_type() == "text/calendar":
        method = parameter(part, "method") or ""
        begins = payload_of(part)[:4_000].upper()
        found.calendar_reply |= method.upper() in ("REPLY", "COUNTER") or b"METHOD:REPLY" in begins


def _promoted(found: Walk) -> str:
    found.files.remove(found.named[0])
    return _text(found.named[0][1], found)


def _opened(part: Message) -> Message | None:
    """Return the mail within an S/MIME signature that encloses it."""
    content = signed_content(payload_of(part))
    return None if content is None else parsed(shortened(content)[0])


def _reaction(part: Message) -> str:
    try:
        said = json.loads(payload_of(part)[:1_000])
    except (ValueError, RecursionError):
        return ""
    emoji = said.get("emoji") if isinstance(said, dict) else None
    return one_line(emoji, 20) if isinstance(emoji, str) else ""


def _text(part: Message, found: Walk) -> str:
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
