"""The layouts of mail programs in many languages (layouts.toml): prefixes, reply lines, header fields, separators."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Role = Literal["from", "sent", "to", "subject"]
Kind = Literal["reply", "forward"]
_ROLES: tuple[Role, ...] = ("from", "sent", "to", "subject")

_SUBJECT_LIMIT = 300
_TAG = re.compile(r"\s*(?:\[[^\]]{0,60}\]|\{[^}]{0,60}\}|\*{2,3}[^*]{0,60}\*{2,3})")
_PREFIX = re.compile(r"\s*([^\W\d_][^:：\[\]()<>\d]{0,24}?)\s*(?:[\[(]?\d{1,4}[\])]?|\*\d{1,4})?\s*[:：]")
_TAGS_LIMIT = 5
_RULED = re.compile(r"[-_=*~—–]*+\s*+(.{0,60}?)\s*+[-_=*~—–]*+\s*+[:：]?")
_RULER = re.compile(r"[-_=*~—–]{5,}+")
_FIELD_LIMIT = 500
_MARKER_LIMIT = 90
_NAME_LIMIT = 30
_SELECTOR = re.compile(r"(\w*)(?:\.([\w-]+)|#([\w-]+)|\[(\w+)(?:=([\w-]+))?\])")
_ENDS_NAME = re.compile(r"[:：|]")
_DECORATION = " \t*_|>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layouts:
    """What layouts.toml says, each text as `key` gives it.

    `fields` are by language: name → what it names; `field_names` are those of all languages.
    """

    reply_prefixes: frozenset[str]
    forward_prefixes: frozenset[str]
    forward_lines: frozenset[str]
    separators: frozenset[str]
    reply_markers: tuple[str, ...]
    reply_verbs: tuple[str, ...]
    own_words: frozenset[str]
    plain_placeholders: frozenset[str]
    fields: tuple[Mapping[str, Role], ...]
    field_names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlLayouts:
    """What mail programs put around quoted mail and signatures: (tag or '', attribute, value or '')."""

    quotes: tuple[tuple[str, str, str], ...]
    signatures: tuple[tuple[str, str, str], ...]
    signature_prefixes: tuple[tuple[str, str, str], ...]

    def is_quote(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Return whether an element holds quoted mail."""
        return bool(attributes) and any(_fits(one, tag, attributes) for one in self.quotes)

    def is_signature(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Return whether an element holds a signature."""
        return bool(attributes) and any(_fits(one, tag, attributes) for one in self.signatures)

    def is_signature_prefix(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Return whether an element is the delimiter above a signature."""
        return bool(attributes) and any(_fits(one, tag, attributes) for one in self.signature_prefixes)


@dataclass(frozen=True, slots=True)
class Field:
    """A line `name: value` of a quoted header, as text or as a row of a table."""

    name: str
    value: str


def key(text: str) -> str:
    """Return a text to compare by: without case, whatever the composition of its letters."""
    return unicodedata.normalize("NFC", text.casefold())


def _keys(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(key(text) for text in texts)


def _read() -> Layouts:
    data: dict[str, Any] = tomllib.loads(Path(__file__).with_name("layouts.toml").read_text())
    languages = [{key(name): role for role in reversed(_ROLES) for name in one[role]} for one in data["fields"]]
    return Layouts(
        reply_prefixes=_keys(data["reply_prefixes"]),
        forward_prefixes=_keys(data["forward_prefixes"]),
        forward_lines=_keys(data["forward_lines"]),
        separators=_keys(data["separators"]),
        reply_markers=tuple(sorted(_keys(data["reply_markers"]))),
        reply_verbs=tuple(sorted(_keys(data["reply_verbs"]))),
        own_words=_keys(data["own_words"]),
        plain_placeholders=_keys(data["plain_placeholders"]),
        fields=tuple(languages),
        field_names=frozenset(name for names in languages for name in names),
    )


def _read_html() -> HtmlLayouts:
    data: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("layouts.toml").read_text())["html"]
    return HtmlLayouts(**{name: tuple(_selector(one) for one in selectors) for name, selectors in data.items()})


def _selector(text: str) -> tuple[str, str, str]:
    match = _SELECTOR.fullmatch(text)
    assert match is not None, text
    tag, class_name, element_id, attribute, value = match.groups(default="")
    return (
        (tag, "class", class_name) if class_name else (tag, "id", element_id) if element_id else (tag, attribute, value)
    )


def _fits(selector: tuple[str, str, str], tag: str, attributes: Mapping[str, str | None]) -> bool:
    wanted, attribute, value = selector
    if attribute not in attributes or (wanted and wanted != tag):
        return False
    found = attributes[attribute] or ""
    return not value or (value in found.split() if attribute == "class" else found.lower() == value.lower())


LAYOUTS = _read()
HTML = _read_html()


def subject_kind(subject: str) -> Kind | None:
    """Return what the outermost prefix of a subject says, past tags such as `[EXTERNAL]`; None without one."""
    rest = subject[:_SUBJECT_LIMIT]
    for _ in range(_TAGS_LIMIT):
        tag = _TAG.match(rest)
        if tag is None:
            break
        rest = rest[tag.end() :]
    prefix = _PREFIX.match(rest)
    name = key(prefix[1].strip()) if prefix else ""
    if name in LAYOUTS.forward_prefixes:
        return "forward"
    return "reply" if name in LAYOUTS.reply_prefixes else None


def is_forward_line(line: str) -> bool:
    """Return whether a line of its own introduces a forwarded mail."""
    words = _ruled(line)
    return words in LAYOUTS.forward_lines or (words.startswith("forwarded by ") and line.lstrip()[:1] in "-_")


def is_ruler(line: str) -> bool:
    """Return whether a line is nothing but dashes or their like."""
    return _RULER.fullmatch(line.strip(" >")) is not None


def is_separator(line: str) -> bool:
    """Return whether a line stands above quoted mail: a ruler, or `---- Original Message ----` in any language."""
    return is_ruler(line) or (_ruled(line) in LAYOUTS.separators and line.strip(" >*")[:1] in "-_=—–")


def is_reply_marker(line: str) -> bool:
    """Return whether a line asks for the answer to be written above it, as the mails of desks do."""
    bare = line.strip(" \t>*#=_-–—~")
    return 0 < len(bare) <= _MARKER_LIMIT and key(bare).startswith(LAYOUTS.reply_markers)


def field_of(line: str) -> Field | None:
    """Return the field that a line holds, or None; stars, marks and the bars of a table are no part of it."""
    bare = line[:_FIELD_LIMIT].strip(_DECORATION)
    end = _ENDS_NAME.search(bare, 0, _NAME_LIMIT + 2)
    name = bare[: end.start()].strip(_DECORATION) if end else ""
    if end is None or not name or name[0].isdigit():
        return None
    return Field(key(name), bare[end.end() :].strip(_DECORATION))


def _ruled(line: str) -> str:
    bare = line.strip(" \t>*")
    match = _RULED.fullmatch(bare) if len(bare) <= 120 else None
    return key(match[1].strip()) if match else ""
