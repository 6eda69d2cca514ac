"""Reads a mail's bytes into headers, one text and a list of attachments, in bounded time whatever is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.errors import MessageError
from itertools import islice

from ingest.events import Attachment, InvalidMessageError
from ingest.mail.parts.bounds import parsed, shortened, without_stray_lines
from ingest.mail.parts.charsets import decode_words, readable
from ingest.mail.parts.part import bytes_of
from ingest.mail.parts.secured import without_armour
from ingest.mail.parts.texts import TEXT_LIMIT
from ingest.mail.parts.walk import Walk, texts_of
from ingest.mail.quoting.quotes import is_forward
from ingest.text import clean, shorten

_HEADERS_LIMIT = 1_000
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


def read(raw: bytes) -> Mail:
    """Read a mail (RFC 5322 and MIME, or what programs make of them).

    Raises InvalidMessageError where there is nothing to read, or so much nesting that it can't be meant.
    """
    bounded, cut = shortened(without_stray_lines(raw))
    try:
        message = parsed(bounded)
        headers = tuple(
            (name, _FOLD.sub("", readable(value))) for name, value in islice(message.raw_items(), _HEADERS_LIMIT)
        )
        subject = next((value for name, value in headers if name.lower() == "subject"), "")
        found = Walk(keep_quotes=is_forward("", decode_words(subject)), truncated=cut)
        texts = texts_of(message, found)
    except _UNREADABLE as error:
        raise InvalidMessageError(f"the mail's structure can't be read: {type(error).__name__}") from error
    joined = "\n\n".join(text for text in texts if text)
    text, too_long = shorten(without_armour(joined) or joined, TEXT_LIMIT)
    return Mail(
        headers=headers,
        content_type=message.get_content_type(),
        text=clean(text),
        attachments=tuple(attachment for attachment, _ in found.files),
        part_types=frozenset(found.types),
        reaction=found.reaction,
        calendar_reply=found.calendar_reply,
        truncated=found.truncated or too_long,
    )


def file_of(raw: bytes, n: int) -> bytes | None:
    """Return the bytes of a mail's attachment, counted from 0 as `read` lists them; None where there is none.

    The mail is parsed whole, in time that grows with it. Raises InvalidMessageError.
    """
    try:
        found = Walk(keep_quotes=True, truncated=False)
        texts_of(parsed(without_stray_lines(raw)), found)
        return bytes_of(found.files[n][1]) if n < len(found.files) else None
    except _UNREADABLE as error:
        raise InvalidMessageError(f"the mail's structure can't be read: {type(error).__name__}") from error
