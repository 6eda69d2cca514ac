"""Formats replies: the channel's template, length limits, sentence splitting, WhatsApp parts, plain text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache, partial
from itertools import chain

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from sentencex import segment

from db.records import ChannelConfig, LengthUnit

WHATSAPP_LIMIT = 1600
NAME_CHARACTERS = 60
BLOCK_CHARACTERS = 2_000
"""Text that is split into sentences at a time."""
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)

# Bounds and possessive quantifiers keep the patterns linear: a customer can make a model write any draft.
_MARKDOWN_LINK = re.compile(r"!?\[([^\]\n]{0,300}+)\]\([^\S\n]{0,9}+<?([^)\s>]{1,500}+)>?[^)\n]{0,300}+\)")
_EMPHASIS = re.compile(r"(\*\*|__|~~)(?=\S)(.{1,500}?)(?<=\S)\1", re.DOTALL)
_STAR = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+", re.MULTILINE)
_FENCE = re.compile(r"^[^\S\n]*+(?:```|~~~).*$\n?", re.MULTILINE)
_BULLET = re.compile(r"^([^\S\n]*+)[*•+]\s++", re.MULTILINE)
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>")
_NO_NAME = re.compile(r"://|@|\d|\bwww\.", re.IGNORECASE)
_INNER_DOT = re.compile(r"(?<=\w)\.(?=\w{2})")


class TemplateNotUsableError(Exception):
    """The channel's response_template can't be rendered: the caller falls back to a plain text."""


def render(config: ChannelConfig, *, body: str, name: str, ticket: str, link: str, first: bool = False) -> str:
    """Return the final text: the channel's template around as many sentences of `body` as its limit allows.

    The limit holds for the whole text, or for the body alone if the template without a body exceeds half of the limit.
    `name` is cleaned, `body` is not. `first`: nothing was sent in the conversation before. An empty `link` leaves out
    what the template says of it. Raises TemplateNotUsableError.
    """
    fill = partial(_fill, config, name=clean_name(name), ticket=ticket, link=link, first=first)
    limit = config.max_response_length
    room = limit - measure(fill(body=""), config.length_unit)
    return fill(body=shorten(body.strip(), room if room >= limit / 2 else limit, config.length_unit)).strip()


def framed(config: ChannelConfig, *, body: str, name: str, ticket: str, link: str, first: bool) -> str:
    """Return the channel's template around all of `body`, whatever its limit. Otherwise as `render`."""
    variables: dict[str, str | bool] = {
        "body": body.strip(),
        "name": clean_name(name),
        "ticket": ticket,
        "link": link,
        "first": first,
    }
    return _fill(config, **variables).strip()


def _fill(config: ChannelConfig, **variables: str | bool) -> str:
    try:
        return _compiled(config.response_template).render(**config.facts, **variables)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise TemplateNotUsableError(str(error)) from error


@lru_cache(maxsize=32)
def _compiled(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)


def measure(text: str, unit: LengthUnit) -> int:
    """Return the length of a text in words (separated by white space) or characters (code points)."""
    return len(text.split()) if unit == "words" else len(text)


def sentences(text: str) -> list[str]:
    """Split into sentences. White space stays at their ends, so that joining them gives `text`."""
    parts: list[str] = []
    for piece in chain.from_iterable(segment("en", block) for block in _blocks(text)):
        # Without white space in between, the splitter has cut inside a word, as it does in DD.MM.YYYY.
        if parts and (not piece.strip() or not (parts[-1][-1:].isspace() or piece[:1].isspace())):
            parts[-1] += piece
        else:
            parts.append(piece)
    return parts


def _blocks(text: str) -> Iterable[str]:
    """Cut a long text at line ends, else between words: the splitter's time grows faster than the text."""
    while len(text) > BLOCK_CHARACTERS:
        end = max(text.rfind("\n", 0, BLOCK_CHARACTERS), text.rfind(" ", 0, BLOCK_CHARACTERS)) + 1
        yield text[: end or BLOCK_CHARACTERS]
        text = text[end or BLOCK_CHARACTERS :]
    yield text


def shorten(text: str, limit: int, unit: LengthUnit) -> str:
    """Return as many whole sentences from the start as fit into `limit`.

    If the first one does not fit it is cut after a word, with an ellipsis.
    """
    if measure(text, unit) <= limit:
        return text
    kept = ""
    for sentence in sentences(text):
        if measure((kept + sentence).strip(), unit) > limit:
            break
        kept += sentence
    return kept.strip() or _cut_words(text, limit, unit)


def _cut_words(text: str, limit: int, unit: LengthUnit) -> str:
    if unit == "words":
        return " ".join(text.split()[:limit]) + "…"
    head, rest = text[: max(limit - 1, 0)], text[max(limit - 1, 0) :]
    if len(head.split()) > 1 and not head[-1].isspace() and not rest[0].isspace():
        head = head.rsplit(None, 1)[0]
    return head.rstrip() + "…"


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, which Twilio counts: most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_whatsapp(text: str, limit: int = WHATSAPP_LIMIT) -> list[str]:
    """Split into parts of at most `limit` (at least 2) UTF-16 units, between sentences if possible, else words.

    A word that does not fit is cut inside, but not before a combining mark. Only white space is lost.
    """
    parts: list[str] = []
    for piece in _fitting(text.strip(), limit):
        if parts and utf16_length((parts[-1] + piece).rstrip()) <= limit:
            parts[-1] += piece
        else:
            parts.append(piece)
    return [part.strip() for part in parts if part.strip()]


def _fitting(text: str, limit: int) -> Iterable[str]:
    for sentence in sentences(text):
        if utf16_length(sentence.rstrip()) <= limit:
            yield sentence
            continue
        for word in re.findall(r"\s*\S+\s*", sentence):
            yield from [word] if utf16_length(word.strip()) <= limit else _chopped(word, limit)


def _chopped(word: str, limit: int) -> Iterable[str]:
    start, length = 0, 0
    for at, character in enumerate(word):
        size = utf16_length(character)
        if length + size > limit:
            # A combining mark stays with its letter, unless the letter alone fills the part.
            cut = at - 1 if unicodedata.combining(character) and at - 1 > start else at
            yield word[start:cut]
            start, length = cut, utf16_length(word[cut:at])
        length += size
    yield word[start:]


def clean_name(name: str) -> str:
    """Return a name fit for a greeting: one line without links, markup and digits; '' if no letter is left."""
    text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFC", name))
    text = " ".join(word for word in _TAG.sub(" ", text).split() if not _NO_NAME.search(word))
    text = _INNER_DOT.sub(" ", text)
    text = "".join(c if c.isalpha() or c in " .,'’‘´·-" or unicodedata.combining(c) > 0 else " " for c in text)
    text = " ".join(text.split())
    if len(text) > NAME_CHARACTERS:
        text = text[:NAME_CHARACTERS].rsplit(" ", 1)[0]
    text = text.strip(" .,'’-")
    return text if any(c.isalpha() for c in text) else ""


def plain(text: str) -> str:
    """Return a draft without Markdown, HTML tags and control characters; `[text](url)` becomes `text (url)`."""
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c == "\u200d")
    text = _FENCE.sub("", text)
    text = _MARKDOWN_LINK.sub(lambda m: m[1] if m[1] == m[2] else f"{m[1]} ({m[2]})".strip(), text)
    text = _HEADING.sub("", _BULLET.sub(r"\1- ", _TAG.sub("", text)))
    text = _STAR.sub(r"\1", _EMPHASIS.sub(r"\2", text)).replace("`", "")
    return re.sub(r"\n{3,}", "\n\n", text).strip()
