"""Measures retrieval (requirement E1): `python -m embeddings.workbench.evaluate [--json FILE]`.

Recall, MRR and nDCG over labelled questions, and how well the nearest score tells answerable from unanswerable,
beside BM25. One section answers a question, so nDCG is 1 / log2(1 + rank).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from embeddings import lexical
from embeddings.encoder import BUILT_IN, Encoder
from embeddings.indexer import embedded_text
from embeddings.relevance import RelevanceGate
from embeddings.workbench.questions import DOCUMENT, QUESTIONS, Question, own_names, read_questions
from embeddings.workbench.retrieval import Index

K1, B = 1.5, 0.75
"""BM25's usual constants."""

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One search method on one split. `separation` is the AUC of the best score, answerable against not."""

    search: str
    split: str
    questions: int
    recall_at_1: float
    recall_at_5: float
    mrr: float
    ndcg: float
    separation: float | None


def main(
    model: Annotated[
        list[str] | None, typer.Option(help="Encoders: the built-in name or a folder; may be repeated.")
    ] = None,
    questions: Annotated[Path, typer.Option(help="Labelled questions, one JSON object a line.")] = QUESTIONS,
    document: Annotated[Path, typer.Option(help="The document that answers them.")] = DOCUMENT,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None,
) -> None:
    """Measure BM25, each model with queries as typed, and with queries as the product prepares them."""
    asked = read_questions(questions)
    measured = compare(model or [BUILT_IN], asked, document)
    show(measured)
    if out:
        rows = [asdict(row) for row in measured]
        out.write_text(json.dumps({"questions": str(questions), "results": rows}, indent=2) + "\n", encoding="utf-8")


def compare(models: Sequence[str], asked: Sequence[Question], document: Path) -> list[Measured]:
    """Measure every search on every split; raises KeyError for a topic that the document does not have."""
    texts = [question.text for question in asked]
    measured: list[Measured] = []
    for name in models:
        encoder = Encoder(name)
        index = Index.of(encoder, document)
        gate = RelevanceGate.load(own_names=own_names()).over(index.texts)
        prepared = [gate.prepare(text) for text in texts]
        target = index.rows([question.topic for question in asked])
        if not measured:
            passages = [embedded_text(section, own_names()) for section in index.sections]
            measured += by_split("BM25", bm25(passages, texts), target, asked)
        measured += by_split(f"{encoder.model_id}, as typed", encoder.encode(texts) @ index.vectors.T, target, asked)
        measured += by_split(f"{encoder.model_id}, prepared", encoder.encode(prepared) @ index.vectors.T, target, asked)
    return measured


def bm25(passages: Sequence[str], queries: Sequence[str]) -> Scores:
    """Return Okapi BM25 scores over stems: (queries, passages)."""
    counts = [Counter(lexical.terms(passage)) for passage in passages]
    lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
    damping = K1 * (1 - B + B * lengths / lengths.mean())
    having: dict[str, list[tuple[int, int]]] = {}
    for place, count in enumerate(counts):
        for stem, uses in count.items():
            having.setdefault(stem, []).append((place, uses))
    weighed = {stem: _weighed(np.array(found, dtype=np.int64), damping) for stem, found in having.items()}
    scores = np.zeros((len(queries), len(passages)))
    for row, query in enumerate(queries):
        for places, gains in (weighed[stem] for stem in lexical.terms(query) if stem in weighed):
            scores[row, places] += gains
    return scores


def _weighed(found: NDArray[np.int64], damping: Scores) -> tuple[NDArray[np.int64], Scores]:
    """Return the passages (k,) that a stem stands in, of (k, 2) with its uses, and what it adds to each one's score."""
    places, uses = found[:, 0], found[:, 1].astype(np.float64)
    rarity = math.log(1 + (len(damping) - len(places) + 0.5) / (len(places) + 0.5))
    return places, rarity * uses * (K1 + 1) / (uses + damping[places])


def by_split(
    search: str, scores: Scores | NDArray[np.float32], target: np.ndarray, asked: Sequence[Question]
) -> list[Measured]:
    """Measure a search (questions, passages) on the train and the test split."""
    splits = np.array([question.split for question in asked])
    return [
        measure(search, str(split), scores[splits == split], target[splits == split]) for split in ("train", "test")
    ]


def measure(search: str, split: str, scores: Scores | NDArray[np.float32], target: np.ndarray) -> Measured:
    """Measure scores (n, passages); `target` (n,) is the row of the answering passage, -1 where there is none."""
    answerable = np.flatnonzero(target >= 0)
    own = scores[answerable, target[answerable]]
    ranks = 1 + (scores[answerable] > own[:, None]).sum(axis=1)
    both = 0 < len(answerable) < len(target)
    return Measured(
        search=search,
        split=split,
        questions=len(answerable),
        recall_at_1=round(float((ranks <= 1).mean()), 3),
        recall_at_5=round(float((ranks <= 5).mean()), 3),
        mrr=round(float((1 / ranks).mean()), 3),
        ndcg=round(float((1 / np.log2(1 + ranks)).mean()), 3),
        separation=round(area_under_curve(scores.max(axis=1), target >= 0), 3) if both else None,
    )


def area_under_curve(scores: Scores | NDArray[np.float32], positive: np.ndarray) -> float:
    """Return how often a positive case scores higher than another, ties counting half; `scores` and `positive` (n,)."""
    above = scores[positive][:, None] - scores[~positive][None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def show(measured: Sequence[Measured]) -> None:
    """Print the figures as a table."""
    table = Table("search", "split", "questions", "recall@1", "recall@5", "MRR", "nDCG", "answerable AUC")
    for row in measured:
        table.add_row(*("" if value is None else str(value) for value in asdict(row).values()))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
