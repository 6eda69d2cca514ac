"""Finds what is doubtful about a knowledge base: sections that compete, are too long, or are never found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from db.knowledge import StoredSection
from embeddings.chunker import SECTION_CHARACTERS

COMPETING = 0.85
"""Least cosine of two sections of which a search can hardly tell the right one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One line of the check."""

    kind: Literal["competing", "long", "unfound"]
    text: str


def doubts(sections: Sequence[StoredSection], found: Collection[str], since: datetime) -> list[Doubt]:
    """Return what is doubtful about these sections; `found` are the slugs that a search has returned since a time.

    Without any search since then nothing can be said of what is found.
    """
    lines = [Doubt(kind="competing", text=text) for text in _competing(sections)]
    lines += [Doubt(kind="long", text=text) for text in _long(sections)]
    return lines + [Doubt(kind="unfound", text=text) for text in _unfound(sections, found, since)]


def _competing(sections: Sequence[StoredSection]) -> Iterator[str]:
    """Yield the pairs that are almost the same, the most alike first; pieces of one topic are no pair."""
    if len(sections) < 2:
        return
    vectors = np.stack([section.embedding for section in sections])
    cosines = np.triu(vectors @ vectors.T, k=1)
    for one, other in sorted(np.argwhere(cosines >= COMPETING).tolist(), key=lambda pair: -cosines[*pair]):
        first, second = sections[one], sections[other]
        if (first.origin, first.title) != (second.origin, second.title):
            yield f"{_named(first)} and {_named(second)} are {cosines[one, other]:.2f} alike: join or tell apart"


def _long(sections: Sequence[StoredSection]) -> Iterator[str]:
    """Yield what the encoder can't read whole, and topics that had to be cut into pieces."""
    for section in sections:
        if len(section.content) > SECTION_CHARACTERS:
            length = f"{len(section.content):,} characters"
            yield f"{_named(section)} has {length}; what is beyond {SECTION_CHARACTERS:,} is not searched"
    pieces = Counter((section.origin, section.source, section.title) for section in sections)
    for (_, source, title), count in pieces.items():
        if count > 1:
            yield f"{title!r} ({source}) was cut into {count} pieces: give the parts headings of their own"


def _unfound(sections: Sequence[StoredSection], found: Collection[str], since: datetime) -> Iterator[str]:
    for section in sections if found else ():
        if section.slug not in found:
            yield f"{_named(section)} was found by no question since {since:%Y-%m-%d}"


def _named(section: StoredSection) -> str:
    return f"{section.title!r} ({section.source})"
