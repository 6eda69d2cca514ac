"""Figures, their intervals and the report are right on searches whose outcome is known."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoder import BUILT_IN, Encoder
from embeddings.workbench.evaluate import bm25
from embeddings.workbench.measuring.compare import WORDS, compare
from embeddings.workbench.measuring.figures import difference, interval, ranked
from embeddings.workbench.measuring.report import html, sentences
from embeddings.workbench.questions import DOCUMENT, QUESTIONS
from embeddings.workbench.registry.candidate import served_form
from embeddings.workbench.retrieval import Index
from embeddings.workbench.sets.read import read_data
from embeddings.workbench.sets.retrieval_set import RetrievalSet, retrieval_set
from embeddings.workbench.sets.rows import InvalidDataError
from embeddings.workbench.tuning.adapter import Pairs, fit_adapter


def given(relevant: list[set[int]], passages: int) -> RetrievalSet:
    return RetrievalSet(
        name="made",
        queries=tuple(f"q{n}" for n in range(len(relevant))),
        passages=tuple(f"p{n}" for n in range(passages)),
        relevant=tuple(frozenset(places) for places in relevant),
        sha256="",
    )


def test_figures_of_a_known_ranking() -> None:
    scores = np.array([[0.9, 0.1, 0.2], [0.5, 0.4, 0.3], [0.0, 0.0, 0.0], [0.1, 0.1, 0.1]])
    found = ranked("made", scores, given([{0}, {1, 2}, {2}, set()], 3))
    assert found.per_query["recall@1"].tolist() == [1, 0, 0]
    assert found.per_query["mrr"].tolist() == [1, 0.5, pytest.approx(1 / 3)]  # a draw counts against the search
    ideal = 1 + 1 / math.log2(3)
    assert found.per_query["ndcg@10"][1] == pytest.approx((1 / math.log2(3) + 1 / math.log2(4)) / ideal)
    assert found.separation == pytest.approx(2 / 3)
    assert ranked("made", scores[:1], given([{0}], 3)).separation is None


def test_an_interval_holds_the_figure_and_narrows_with_more_questions() -> None:
    few, many = interval([1.0, 0.0] * 20), interval([1.0, 0.0] * 500)
    assert few.low < 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 3


def test_only_a_difference_beyond_chance_is_told_apart() -> None:
    rng = np.random.default_rng(1)
    old = (rng.random(400) < 0.6).astype(float)
    same = difference(old, old)
    better = difference(np.maximum(old, (rng.random(400) < 0.3)), old)
    noise = difference((rng.random(400) < 0.6).astype(float), old)
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)
    assert better.low > 0
    assert better.p < 0.01
    assert noise.low < 0 < noise.high


def test_words_alone_score_as_okapi_says() -> None:
    passages = ["reset the password", "reset the printer printer", "invoice"]
    [[first, second, third]] = bm25(passages, ["printer reset"]).tolist()
    lengths, mean = 3.0, 2.0  # stems of the second passage, of all in the mean
    rare, common = math.log(1 + 2.5 / 1.5), math.log(1 + 1.5 / 2.5)
    damping = 1.5 * (1 - 0.75 + 0.75 * lengths / mean)
    assert second == pytest.approx(rare * 2 * 2.5 / (2 + damping) + common * 2.5 / (1 + damping))
    assert second > first > third == 0


@pytest.fixture(scope="module")
def questions() -> RetrievalSet:
    index = Index.of(Encoder(), DOCUMENT)
    whole = retrieval_set(read_data(QUESTIONS), "test", sections=index.sections)
    rows = slice(None, None, 4)
    return RetrievalSet(
        name="kb <questions>",
        queries=whole.queries[rows],
        passages=whole.passages,
        relevant=whole.relevant[rows],
        sha256=whole.sha256,
    )


def test_models_are_held_against_the_one_in_service_and_the_page_needs_no_network(
    questions: RetrievalSet, tmp_path: Path
) -> None:
    folder = served_form(BUILT_IN, tmp_path, name="narrow")
    np.savez(folder / "adapter.npz", weights=np.eye(384, 4, dtype=np.float32))
    found = compare([str(folder)], BUILT_IN, questions)
    narrow = next(iter(found.candidates))
    assert [one.name for one in found.searches] == [WORDS, BUILT_IN, narrow.name]
    assert found.search(BUILT_IN).figures["mrr"].value > found.search(WORDS).figures["mrr"].value > 0.3
    assert narrow.against["recall@1"].high < 0
    assert narrow.resources is not None
    assert narrow.resources.dimensions == 4
    assert narrow.resources.memory_mb > 0
    assert narrow.resources.cpu_ms > 0
    assert f"{narrow.name}: recall@1 -0." in sentences(found)[0]
    assert any(not miss.better for miss in found.misses(narrow.name))
    assert found.misses(BUILT_IN) == []
    text = html(found)
    assert text.count("<svg") == 2
    assert "kb &lt;questions&gt;" in text
    for outside in ("src=", 'href="http', "@import", "url(http", "<script"):
        assert outside not in text
    assert json.loads(json.dumps(found.as_json()))["answerable"] == questions.answerable


def test_a_set_without_answers_is_refused(questions: RetrievalSet) -> None:
    with pytest.raises(InvalidDataError, match="0 questions with an answer"):
        compare([], BUILT_IN, given([set()], 1))


def test_an_adapter_finds_what_the_vectors_hide_and_is_the_same_again() -> None:
    rng = np.random.default_rng(3)
    passages = rng.normal(size=(60, 16)).astype(np.float32)
    noise = np.zeros((300, 16), dtype=np.float32)
    noise[:, 8:] = rng.normal(size=(300, 8)) * 4  # half of the directions say nothing
    rows = rng.integers(0, 60, 300)
    queries = passages[rows] + noise
    unit = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in (queries, passages)]
    pairs = Pairs(queries=unit[0], passages=unit[1], relevant=[frozenset({int(row)}) for row in rows])
    found = fit_adapter(pairs, epochs=15)
    assert found.after >= found.before + 0.1
    assert np.allclose(found.weights, fit_adapter(pairs, epochs=15).weights, atol=1e-4)
    with pytest.raises(ValueError, match="0 questions"):
        fit_adapter(Pairs(queries=unit[0], passages=unit[1], relevant=[frozenset()] * 300))
