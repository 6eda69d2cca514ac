"""The simple ways to find a passage, which the judge is held against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from embeddings.arrays import Floats
from embeddings.encoder import Encoder
from embeddings.indexer import embedded_text
from embeddings.workbench.answers.data import Company
from embeddings.workbench.answers.measure import Scorer
from embeddings.workbench.evaluate import bm25

WORDS = "BM25"


def baselines(encoder: Encoder) -> Mapping[str, Scorer]:
    """Return the simple ways: words alone, vectors alone, and the sum of both, each at mean 0 and deviation 1."""

    def words(company: Company) -> Floats:
        passages = [embedded_text(section) for section in company.sections]
        return bm25(passages, [question.text for question in company.questions]).astype(np.float32)

    def vectors(company: Company) -> Floats:
        passages = encoder.encode([embedded_text(section) for section in company.sections])
        return encoder.encode([question.text for question in company.questions]) @ passages.T

    return {
        WORDS: words,
        encoder.model_id: vectors,
        "both": lambda company: _even(words(company)) + _even(vectors(company)),
    }


def _even(scores: Floats) -> Floats:
    spread: Floats = (scores - scores.mean()) / max(float(scores.std()), 1e-9)
    return spread
