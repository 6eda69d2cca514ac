"""SCRATCH by the lead so that the graph can start: the relevance helper overwrites this file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from db.records import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    ok: bool
    score: float
    threshold: float


class RelevanceGate:
    @classmethod
    def load(cls, path: object = None) -> RelevanceGate:
        return cls()

    def relevant(self, question: str, question_vector: object, passages: Sequence[Passage]) -> Relevance:
        score = passages[0].score if passages else 0.0
        return Relevance(ok=score > 0.42, score=score, threshold=0.42)
