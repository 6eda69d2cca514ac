"""Turns a section of a document into the passage that a search would find."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from db.records import Passage
from embeddings.chunker import Section


def passage_of(section: Section, *, score: float) -> Passage:
    """Return the section as found with this cosine score; its id depends on its slug alone."""
    return Passage(
        id=uuid5(NAMESPACE_URL, section.slug),
        slug=section.slug,
        title=section.title,
        category=section.category,
        content=section.content,
        source=section.source,
        score=score,
    )
