"""Measures how often the answering passage is found first or among the first five, with BM25 as baseline (E1)."""

from __future__ import annotations

from pathlib import Path

from embeddings.encoder import Encoder
from embeddings.indexer import embedded_text
from embeddings.relevance import RelevanceGate
from embeddings.workbench.evaluate import Measured, bm25
from embeddings.workbench.evaluate import measure as measure_search
from embeddings.workbench.questions import QUESTIONS, own_names, read_questions
from embeddings.workbench.retrieval import Index
from evaluation.quality.report import Figure, Group


def measure(encoder: Encoder, docs: Path) -> list[Group]:
    """Measure on the questions of the test split, prepared as the product prepares them."""
    asked = [question for question in read_questions(QUESTIONS) if question.split == "test"]
    index = Index.of(encoder, docs)
    gate = RelevanceGate.load(own_names=own_names(docs)).over(index.texts)
    target = index.rows([question.topic for question in asked])
    texts = [question.text for question in asked]
    vectors = encoder.encode([gate.prepare(text) for text in texts])
    scores = vectors @ index.vectors.T
    lexical = bm25([embedded_text(section, own_names(docs)) for section in index.sections], texts)
    ours, theirs = (measure_search("", "test", found, target) for found in (scores, lexical))
    best = scores.argmax(axis=1)
    misses = [
        f"{text!r}: {question.topic!r} expected, {index.sections[row].title!r} found"
        for text, question, row, right in zip(texts, asked, best, target, strict=True)
        if right >= 0 and row != right
    ]
    return [Group(name="Retrieval", figures=_figures(ours, theirs), misses=tuple(misses))]


def _figures(ours: Measured, theirs: Measured) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            name=name,
            measured=getattr(ours, field),
            of=ours.questions,
            beside={"BM25": getattr(theirs, field)},
        )
        for name, field in (("answering passage first", "recall_at_1"), ("among the first five", "recall_at_5"))
    )
