"""G8: which searches are answers, on questions of this file alone."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from embeddings.chunker import Section
from embeddings.encoder import Encoder
from embeddings.heads import HeadNotUsableError, metrics
from embeddings.relevance import Relevance, RelevanceGate
from embeddings.workbench.retrieval import Index

ANSWERABLE = (
    "How do I reset my password?",
    "How can I connect Slack to a project?",
    "the api returns 429, what is the limit",
    "How do I invite colleagues?",
    "where do i download an invoice",
    "Can I turn on dark mode?",
    "how do I verify webhook signatures",
    "csv import fails",
    "How do I get back a deleted task?",
    "is techcorp down right now?",
)
UNANSWERABLE = (
    "What will the weather be like in Oslo?",
    "Write a poem about my cat.",
    "How do I connect Trello?",
    "Who won the world cup?",
    "Do you have a Salesforce integration?",
    "How do I cook rice?",
    "Are you hiring developers?",
    "my car does not start",
    "Can I order a taxi here?",
    "asdfgh qwerty",
)


@pytest.fixture(scope="module")
def index(encoder: Encoder) -> Index:
    return Index.of(encoder)


@pytest.fixture(scope="module")
def judged(encoder: Encoder, gate: RelevanceGate, index: Index) -> dict[str, Relevance]:
    return {text: judge(encoder, gate, index, text) for text in (*ANSWERABLE, *UNANSWERABLE)}


def judge(encoder: Encoder, gate: RelevanceGate, index: Index, text: str) -> Relevance:
    query = gate.prepare(text)
    (vector,) = encoder.encode([query])
    return gate.relevant(query, vector, index.search(vector))


def test_g8_answerable_questions_are_accepted(judged: dict[str, Relevance]) -> None:
    assert [text for text in ANSWERABLE if not judged[text].ok] == []


def test_g8_unanswerable_questions_are_refused(judged: dict[str, Relevance]) -> None:
    assert [text for text in UNANSWERABLE if judged[text].ok] == []


def test_g8_an_empty_search_is_refused(encoder: Encoder, gate: RelevanceGate) -> None:
    found = gate.relevant("How do I reset my password?", encoder.encode(["x"])[0], [])
    assert found == Relevance(ok=False, score=0.0, threshold=gate.threshold)


@pytest.mark.parametrize("text", ["", "?", "🎉🎉", "the of and", "x" * 5_000])
def test_any_query_can_be_judged(encoder: Encoder, gate: RelevanceGate, index: Index, text: str) -> None:
    assert 0 <= judge(encoder, gate, index, text).score <= 1


def test_one_passage_is_enough_to_judge(encoder: Encoder, gate: RelevanceGate, index: Index) -> None:
    (vector,) = encoder.encode(["reset password"])
    assert 0 <= gate.relevant("reset password", vector, index.search(vector, limit=1)).score <= 1


def test_a_product_that_no_passage_mentions_lowers_the_relevance(
    encoder: Encoder, gate: RelevanceGate, index: Index
) -> None:
    ours, foreign = (judge(encoder, gate, index, f"How do I connect {name}?") for name in ("GitHub", "GitLab"))
    assert ours.ok
    assert not foreign.ok


def test_a_judgement_costs_less_than_a_few_milliseconds(encoder: Encoder, gate: RelevanceGate, index: Index) -> None:
    (vector,) = encoder.encode(["How do I reset my password?"])
    passages = index.search(vector)
    gate.relevant("How do I reset my password?", vector, passages)
    started = time.process_time()
    for _ in range(100):
        gate.relevant("How do I reset my password?", vector, passages)
    assert (time.process_time() - started) / 100 < 0.003


def test_a_stored_gate_is_loaded_unchanged(gate: RelevanceGate) -> None:
    again = RelevanceGate.from_json(json.loads(json.dumps(gate.as_json())))
    assert again.as_json() == gate.as_json()


def test_e4_the_report_states_both_errors_and_their_cost() -> None:
    stored = metrics("relevance")
    assert stored["test_one_search"]["answerable_accepted"] >= 0.93
    assert stored["test_one_search"]["unanswerable_refused"] >= 0.88
    assert stored["test"]["answerable_accepted"] >= 0.95
    assert stored["test"]["cost_a_question"] < stored["test_by_cosine_alone"]["cost_a_question"]
    assert set(stored["assumptions"]["cost"]) == {"wrong_answer", "wrong_no_match"}


def test_a_missing_gate_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeadNotUsableError, match=r"gone\.json"):
        RelevanceGate.load(tmp_path / "gone.json")
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    with pytest.raises(HeadNotUsableError, match=r"bad\.json"):
        RelevanceGate.load(tmp_path / "bad.json")


def test_the_gate_knows_the_shipped_documents_words(gate: RelevanceGate, sections: list[Section]) -> None:
    assert gate.vocabulary.passages == len(sections)
