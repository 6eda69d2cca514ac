"""Splits a Markdown document into the sections that become passages of the knowledge base."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentencex import segment

SECTION_CHARACTERS = 1100
"""Longest content of one section: about 230 tokens, which with its title still fits the encoder's 256."""

_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"#{1,6}(?:\s+(.*?))?\s*#*\s*$")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


class InvalidDocumentError(Exception):
    """The document can't be split into passages; nothing was indexed. The message names the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One answerable topic: `slug` is its stable id, `content` its text without headings."""

    title: str
    category: str
    content: str
    source: str
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Topic:
    area: str
    title: str
    body: str


def parse_docs(markdown: str, source: str = "product-docs.md") -> list[Section]:
    """Read `## area` as the category and `### topic` as the title of a section, in the document's order.

    Text above the first topic is an introduction for people and left out. A topic longer than
    SECTION_CHARACTERS becomes several sections of one title. Raises InvalidDocumentError for a topic outside an area,
    without a text, or with the title of another.
    """
    sections = [section for topic in _topics(markdown) for section in _sections(topic, source)]
    if not sections:
        raise InvalidDocumentError(f"{source}: no topic found; a topic is a line that starts with '### '")
    _refuse_duplicates(sections)
    return sections


def parse_page(markdown: str, *, source: str, title: str) -> list[Section]:
    """Read any Markdown: each heading with a text of its own becomes a section, text above the first is `title`'s.

    For pages that nobody wrote in the form of `parse_docs`. The page's title is the category, and part of each slug, so
    that two pages may have sections of one title. Raises InvalidDocumentError for a page without a text.
    """
    page = slugify(title) or "page"
    seen: Counter[str] = Counter()
    found = []
    for heading, body in _headed(markdown, title):
        for content in _pieces(body):
            name = slugify(heading) or "section"
            seen[name] += 1
            slug = f"{page}--{name}" if seen[name] == 1 else f"{page}--{name}-{seen[name]}"
            category = page.replace("-", "_")
            found.append(Section(title=heading, category=category, content=content, source=source, slug=slug))
    if not found:
        raise InvalidDocumentError(f"{source}: no text found")
    return found


def _headed(markdown: str, title: str) -> Iterator[tuple[str, str]]:
    """Yield each heading with the text up to the next one; headings without a text are left out."""
    heading, body, fenced = title, list[str](), False
    for line in [*markdown.splitlines(), "# "]:
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.match(line)
        if found is None:
            body.append(line)
            continue
        if text := "\n".join(body).strip():
            yield heading, text
        heading, body = found[1].strip() or title, []


def slugify(text: str) -> str:
    """`Set up single sign-on (SSO)` -> `set-up-single-sign-on-sso`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _NOT_SLUG.sub("-", plain.lower()).strip("-")


def _topics(markdown: str) -> Iterator[_Topic]:
    area, title, body, fenced = "", "", list[str](), False
    for line in markdown.splitlines():
        fenced ^= bool(_FENCE.match(line))
        if fenced or not line.startswith(("## ", "### ")):
            body.append(line)
            continue
        if title:
            yield _Topic(area=area, title=title, body="\n".join(body).strip())
        body, title = [], line[4:].strip() if line.startswith("### ") else ""
        area = area if title else line[3:].strip()
    if title:
        yield _Topic(area=area, title=title, body="\n".join(body).strip())


def _sections(topic: _Topic, source: str) -> Iterator[Section]:
    if not topic.area:
        raise InvalidDocumentError(f"{source}: the topic {topic.title!r} stands outside an area ('## …')")
    if not topic.body:
        raise InvalidDocumentError(f"{source}: the topic {topic.title!r} has no text")
    for number, content in enumerate(_pieces(topic.body), start=1):
        yield Section(
            title=topic.title,
            category=slugify(topic.area).replace("-", "_"),
            content=content,
            source=source,
            slug=slugify(topic.title) if number == 1 else f"{slugify(topic.title)}-{number}",
        )


def _pieces(body: str) -> list[str]:
    if len(body) <= SECTION_CHARACTERS:
        return [body]
    paragraphs = re.split(r"\n\s*\n", body)
    return _pack([part for paragraph in paragraphs for part in _fitting(paragraph)], joint="\n\n")


def _fitting(paragraph: str) -> list[str]:
    """Return a paragraph as it is, or in groups of whole sentences when it is too long."""
    if len(paragraph) <= SECTION_CHARACTERS:
        return [paragraph]
    return _pack([sentence.strip() for sentence in segment("en", paragraph)], joint=" ")


def _pack(parts: Sequence[str], *, joint: str) -> list[str]:
    """Join neighbours while they fit; a single sentence beyond the limit stays whole (the encoder cuts it)."""
    packed: list[str] = []
    for part in filter(None, parts):
        if packed and len(packed[-1]) + len(joint) + len(part) <= SECTION_CHARACTERS:
            packed[-1] += joint + part
        else:
            packed.append(part)
    return packed


def _refuse_duplicates(sections: Sequence[Section]) -> None:
    seen: set[str] = set()
    for section in sections:
        if section.slug in seen:
            raise InvalidDocumentError(
                f"{section.source}: two sections would be called {section.slug!r}; rename one topic"
            )
        seen.add(section.slug)
