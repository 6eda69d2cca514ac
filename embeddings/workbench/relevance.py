"""Trains the relevance gate: `python -m embeddings.workbench.relevance train`.

Labelled questions of two authors, answerable and not, some inside a story as in a mail. The weights are fitted on
the signals, the question's own out of fold; the threshold minimises the cost of wrong answers and wrong "no match" on
folds. Writes `relevance.json` and `relevance.metrics.json`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from embeddings import lexical
from embeddings.arrays import Floats
from embeddings.encoder import Encoder
from embeddings.heads import HEADS
from embeddings.lexical import Vocabulary
from embeddings.relevance import SIGNALS, RelevanceGate, query_speller
from embeddings.workbench.questions import QUESTIONS, Question, read_questions
from embeddings.workbench.retrieval import Index

DATA = Path(__file__).parents[1] / "data" / "relevance"
QUESTION_STRENGTH, SIGNAL_STRENGTH = 2.0, 0.3
"""scikit-learn's C of the question's head and of the head over the signals."""
COST = {"wrong_answer": 2.5, "wrong_no_match": 1.0}
"""After a wrong answer customers write again; after a needless hand-over they wait for a person."""
PRIOR_ANSWERABLE = 0.8
"""Share of answerable questions at a desk: an assumption, used only to weigh errors."""
STORIES = (
    "We are a small architecture office and have used TechCorp Platform for two years.",
    "I have been asked by my manager to find this out.",
    "Our team of fourteen works with your platform every day and we are happy with it.",
    "I am responsible for the introduction of TechCorp in our company.",
    "I have looked through the menus but did not find it.",
    "We are a bakery with nine employees.",
    "I run a small charity and most of us are volunteers.",
    "Our dental practice works at several locations.",
)
STORY_SHARE = 0.15

app = typer.Typer(add_completion=False, help=__doc__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Questions with their vectors (n, d), whether they are answerable (n,), and the group they stay together in.

    `again` are the texts of a second search, as the agent makes it for a short question: the words that carry content.
    """

    texts: tuple[str, ...]
    vectors: Floats
    again: tuple[str, ...]
    vectors_again: Floats
    answerable: np.ndarray
    groups: np.ndarray


@app.callback()
def _commands() -> None:
    """Keep `train` a subcommand: Typer would merge a single command into the program."""


@app.command()
def train(
    questions: Annotated[Path, typer.Option(help="Labelled questions with a train and a test split.")] = QUESTIONS,
    out: Annotated[Path, typer.Option(help="Where the gate is written; its metrics go beside it.")] = HEADS
    / "relevance.json",
) -> None:
    """Fit, calibrate, measure on the test split, write."""
    encoder = Encoder()
    index = Index.of(encoder)
    blank = untrained(encoder, index)
    labelled = read_questions(questions)
    known = [q for q in (*labelled, *read_questions(DATA / "questions.jsonl")) if q.split == "train"]
    asked = ask(encoder, blank, with_stories(known))
    held_out = ask(encoder, blank, [q for q in labelled if q.split == "test"])
    out_of_fold = out_of_fold_scores(blank, index, asked)
    gate = replace(fit(blank, index, asked), threshold=calibrate(asked.answerable, out_of_fold))
    tested = best_scores(gate, index, held_out)
    report = {
        "test": figures(held_out.answerable, tested, gate.threshold),
        "test_one_search": figures(held_out.answerable, scores(gate, index, held_out), gate.threshold),
        "folds": figures(asked.answerable, out_of_fold, gate.threshold),
        "test_by_cosine_alone": cosine_alone(index, asked, held_out),
        "threshold": round(gate.threshold, 4),
        "thresholds": {f"{cut:.2f}": figures(held_out.answerable, tested, cut) for cut in np.arange(0.1, 0.95, 0.1)},
        "assumptions": {"cost": COST, "prior_answerable": PRIOR_ANSWERABLE},
        "data": "evaluation/data/kb_questions.jsonl and embeddings/data/relevance, Apache-2.0 like the project",
        "encoder": encoder.model_id,
    }
    out.write_text(json.dumps(gate.as_json(), ensure_ascii=False) + "\n", encoding="utf-8")
    out.with_name(f"{out.stem}.metrics.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    shown = ("test", "test_one_search", "folds", "test_by_cosine_alone", "threshold")
    typer.echo(json.dumps({key: report[key] for key in shown}, indent=2))


def untrained(encoder: Encoder, index: Index) -> RelevanceGate:
    """Return a gate with the knowledge base's vocabulary and the products, whose weights are all 0."""
    lines = (DATA / "products.txt").read_text(encoding="utf-8").splitlines()
    products = tuple(line for line in lines if line and not line.startswith("#"))
    vocabulary = Vocabulary.of(f"{section.title}. {section.content}" for section in index.sections)
    return RelevanceGate(
        model_id=encoder.model_id,
        threshold=0.5,
        weights=np.zeros(len(SIGNALS), dtype=np.float32),
        bias=0.0,
        question_weights=np.zeros(encoder.dimensions, dtype=np.float32),
        question_bias=0.0,
        vocabulary=vocabulary,
        products=products,
        speller=query_speller(vocabulary, products),
    )


def with_stories(questions: Sequence[Question], seed: int = 5) -> list[Question]:
    """Return the questions, and some of them again after a sentence or two of a story."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    longer = [
        replace(q, text=f"{' '.join(rng.sample(STORIES, rng.choice((1, 2))))} {q.text[0].upper()}{q.text[1:]}")
        for q in questions
        if rng.random() < STORY_SHARE
    ]
    return [*questions, *longer]


def ask(encoder: Encoder, gate: RelevanceGate, questions: Sequence[Question]) -> Asked:
    """Prepare and encode the questions. Those of one topic, or one unanswerable question's variants, are a group."""
    texts = tuple(gate.prepare(question.text) for question in questions)
    again = tuple(" ".join(word for word in text.split() if lexical.terms(word)) or text for text in texts)
    return Asked(
        texts=texts,
        vectors=encoder.encode(texts),
        again=again,
        vectors_again=encoder.encode(again),
        answerable=np.array([question.topic is not None for question in questions]),
        groups=np.array([question.topic or question.id for question in questions]),
    )


def fit(blank: RelevanceGate, index: Index, asked: Asked, rows: np.ndarray | None = None) -> RelevanceGate:
    """Fit the question's head, then the signals with that head's out-of-fold values, so that it is not overweighted."""
    chosen = np.arange(len(asked.texts)) if rows is None else rows
    answerable, groups = asked.answerable[chosen], asked.groups[chosen]
    own = np.empty(len(chosen))
    for seen, left_out in GroupKFold(n_splits=5).split(chosen, groups=groups):
        own[left_out] = _question_head(asked.vectors[chosen[seen]], answerable[seen]).decision_function(
            asked.vectors[chosen[left_out]]
        )
    head = _question_head(asked.vectors[chosen], answerable)
    gate = replace(
        blank,
        question_weights=np.asarray(head.coef_[0], dtype=np.float32),
        question_bias=float(head.intercept_[0]),
    )
    signals = all_signals(gate, index, asked)[chosen]
    signals[:, SIGNALS.index("question")] = own
    mean, scale = signals.mean(axis=0), signals.std(axis=0) + 1e-6
    model = LogisticRegression(C=SIGNAL_STRENGTH, max_iter=1000).fit((signals - mean) / scale, answerable)
    weights = np.asarray(model.coef_[0] / scale, dtype=np.float32)
    return replace(gate, weights=weights, bias=float(model.intercept_[0] - mean @ weights))


def _question_head(vectors: Floats, answerable: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=QUESTION_STRENGTH, max_iter=1000, class_weight="balanced").fit(vectors, answerable)


def all_signals(gate: RelevanceGate, index: Index, asked: Asked) -> Floats:
    """Return the signals of each question's first search, float32 (n, 8)."""
    pairs = zip(asked.texts, asked.vectors, strict=True)
    return np.array([gate.signals(text, vector, index.search(vector)) for text, vector in pairs])


def scores(gate: RelevanceGate, index: Index, asked: Asked) -> np.ndarray:
    """Return the gate's score of each question's first search (n,)."""
    return _judged(gate, index, asked.texts, asked.vectors)


def best_scores(gate: RelevanceGate, index: Index, asked: Asked) -> np.ndarray:
    """Return the better score of two searches (n,): a question is refused only when both fail."""
    again = _judged(gate, index, asked.again, asked.vectors_again)
    return np.asarray(np.maximum(scores(gate, index, asked), again))


def _judged(gate: RelevanceGate, index: Index, texts: Sequence[str], vectors: Floats) -> np.ndarray:
    pairs = zip(texts, vectors, strict=True)
    return np.array([gate.relevant(text, vector, index.search(vector)).score for text, vector in pairs])


def out_of_fold_scores(blank: RelevanceGate, index: Index, asked: Asked) -> np.ndarray:
    """Return `best_scores` of each question by a gate that was fitted without questions of its topic."""
    result = np.empty(len(asked.texts))
    for seen, left_out in GroupKFold(n_splits=5).split(asked.texts, groups=asked.groups):
        result[left_out] = best_scores(fit(blank, index, asked, seen), index, asked)[left_out]
    return result


def calibrate(answerable: np.ndarray, found: np.ndarray) -> float:
    """Return the threshold with the least expected cost."""
    return float(min(np.arange(0.02, 0.98, 0.005), key=lambda cut: expected_cost(answerable, found, cut)))


def expected_cost(answerable: np.ndarray, found: np.ndarray, cut: float) -> float:
    """Return the expected cost of a question under COST and PRIOR_ANSWERABLE."""
    refused, answered = float((found[answerable] < cut).mean()), float((found[~answerable] >= cut).mean())
    return (
        PRIOR_ANSWERABLE * COST["wrong_no_match"] * refused + (1 - PRIOR_ANSWERABLE) * COST["wrong_answer"] * answered
    )


def figures(answerable: np.ndarray, found: np.ndarray, cut: float) -> dict[str, Any]:
    """Return the rates at a threshold, of answerable and unanswerable questions."""
    return {
        "auc": round(float(roc_auc_score(answerable, found)), 3),
        "answerable_accepted": round(float((found[answerable] >= cut).mean()), 3),
        "unanswerable_refused": round(float((found[~answerable] < cut).mean()), 3),
        "cost_a_question": round(expected_cost(answerable, found, cut), 4),
        "questions": {"answerable": int(answerable.sum()), "unanswerable": int((~answerable).sum())},
    }


def cosine_alone(index: Index, asked: Asked, held_out: Asked) -> dict[str, Any]:
    """Return the figures of the baseline: the best threshold on the nearest passage's cosine."""
    seen = (asked.vectors @ index.vectors.T).max(axis=1)
    cut = calibrate(asked.answerable, seen)
    return figures(held_out.answerable, (held_out.vectors @ index.vectors.T).max(axis=1), cut) | {
        "cosine": round(cut, 3)
    }


if __name__ == "__main__":
    app()
