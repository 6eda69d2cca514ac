"""The store's search over vectors in memory, to train and measure without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

import numpy as np

from db.records import Passage
from embeddings.arrays import Floats
from embeddings.chunker import Section, parse_docs
from embeddings.encoder import Encoder
from embeddings.indexer import embedded_text
from embeddings.judge import passage_text
from embeddings.workbench.questions import DOCUMENT, own_names

FOUND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Sections and their vectors (n, d)."""

    sections: tuple[Section, ...]
    vectors: Floats

    @classmethod
    def of(cls, encoder: Encoder, document: Path = DOCUMENT) -> Self:
        """Chunk and embed a document as the indexer does."""
        sections, names = tuple(parse_docs(document.read_text(encoding="utf-8"), document.name)), own_names(document)
        return cls(sections=sections, vectors=encoder.encode([embedded_text(section, names) for section in sections]))

    @property
    def texts(self) -> list[str]:
        """The sections as the judge reads them."""
        return [passage_text(section.title, section.content) for section in self.sections]

    def search(self, vector: Floats, limit: int = FOUND) -> list[Passage]:
        """Return the `limit` nearest passages to a vector (d,), best first."""
        cosines = self.vectors @ vector
        return [self._passage(row, float(cosines[row])) for row in np.argsort(-cosines)[:limit]]

    def rows(self, titles: Sequence[str | None]) -> np.ndarray:
        """Return the row of each title's first section, -1 for None; raises KeyError for a title that is not there."""
        row_of = {section.title: row for row, section in reversed(list(enumerate(self.sections)))}
        return np.array([-1 if title is None else row_of[title] for title in titles])

    def _passage(self, row: int, cosine: float) -> Passage:
        section = self.sections[row]
        return Passage(
            id=UUID(int=row),
            slug=section.slug,
            title=section.title,
            category=section.category,
            content=section.content,
            source=section.source,
            score=cosine,
        )
