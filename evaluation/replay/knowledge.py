"""A knowledge base in memory for a replay, in place of the stored one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from db.records import Passage
from deployments.agent.run_context import PassageSearch
from deployments.rules.company import Company
from embeddings.arrays import Floats
from embeddings.chunker import Section
from embeddings.encoder import Encoder
from embeddings.indexer import embedded_text, refuse_prices
from evaluation.drafts.passages import passage_of


def search_in(sections: Sequence[Section], encoder: Encoder, company: Company) -> PassageSearch:
    """Return an exact search over these sections, embedded as the indexer does for that company.

    Raises PriceInSectionError, as indexing them would.
    """
    if not company.quotes_amounts:
        refuse_prices(sections)
    vectors = encoder.encode([embedded_text(section, company.own_names) for section in sections])

    async def search(model_id: str, vector: Floats, *, limit: int, category: str | None) -> list[Passage]:
        scores = vectors @ vector
        near = [int(row) for row in np.argsort(-scores, kind="stable") if category in (None, sections[row].category)]
        return [passage_of(sections[row], score=float(scores[row])) for row in near[:limit]]

    return search
