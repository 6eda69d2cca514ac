"""G8: which searches are answers, on questions of this file alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.records import Passage
from embeddings.encoder import Encoder
from embeddings.heads import HEADS, HeadNotUsableError
from embeddings.judge import CANDIDATES, Judgement, PassageJudge, passage_text
from embeddings.relevance import Relevance, RelevanceGate, options
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
)
ASKED_ABOUT = {"is techcorp down right now?": "Check whether TechCorp Platform is down"}
"""Likely enough for a question, too unlikely for an answer."""
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


@dataclass(kw_only=True)
class Judging:
    """A search, its judgement and the gate's decision, as the agent makes them."""

    encoder: Encoder
    gate: RelevanceGate
    judge: PassageJudge
    index: Index

    def found(self, text: str, limit: int = CANDIDATES) -> list[Passage]:
        return self.index.search(self.encoder.encode([self.gate.prepare(text)])[0], limit=limit)

    def judgement(self, text: str, passages: Sequence[Passage]) -> Judgement:
        texts = [passage_text(passage.title, passage.content) for passage in passages]
        return self.judge.judge(self.gate.prepare(text), texts, [passage.score for passage in passages])

    def relevance(self, text: str, limit: int = CANDIDATES) -> Relevance:
        passages = self.found(text, limit)
        return self.gate.relevant(self.gate.prepare(text), passages, self.judgement(text, passages))


@pytest.fixture(scope="module")
def judging(encoder: Encoder, gate: RelevanceGate, judge: PassageJudge, index: Index) -> Judging:
    return Judging(encoder=encoder, gate=gate, judge=judge, index=index)


def test_g8_answerable_questions_are_accepted(judging: Judging) -> None:
    assert [text for text in ANSWERABLE if not judging.relevance(text).ok] == []


@pytest.mark.parametrize("text", ASKED_ABOUT)
def test_g8_what_a_few_may_answer_is_asked_about(judging: Judging, text: str) -> None:
    relevance, found = judging.relevance(text), judging.found(text)
    assert not relevance.ok
    assert ASKED_ABOUT[text] in [found[place].title for place in relevance.options]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0.1, 0.3, 0.05, 0.0], (1, 0, 2)),
        ([0.45], (0,)),
        ([0.2, 0.2, 0.04], ()),
        ([0.02] * 40, ()),
        ([], ()),
    ],
)
def test_the_likeliest_few_are_asked_about_when_together_they_are_likely(
    shares: list[float], expected: tuple[int, ...]
) -> None:
    assert options(shares, 0.45) == expected


def test_g8_unanswerable_questions_are_refused(judging: Judging) -> None:
    assert [text for text in UNANSWERABLE if judging.relevance(text).ok] == []


def test_g8_an_empty_search_is_refused(judging: Judging) -> None:
    assert judging.judgement("How do I reset my password?", []) == Judgement(shares=(), none=1.0)
    found = judging.gate.relevant("How do I reset my password?", [], Judgement(shares=(), none=1.0))
    assert found == Relevance(ok=False, score=0.0, threshold=judging.gate.threshold)


@pytest.mark.parametrize("text", ["", "?", "🎉🎉", "the of and", "x" * 5_000])
def test_any_query_can_be_judged(judging: Judging, text: str) -> None:
    assert 0 <= judging.relevance(text).score <= 1


def test_one_passage_is_enough_to_judge(judging: Judging) -> None:
    assert 0 <= judging.relevance("reset password", limit=1).score <= 1


def test_the_shares_sum_to_one_and_the_answer_has_the_largest(judging: Judging) -> None:
    passages = judging.found("i forgot my password, what now?")
    judgement = judging.judgement("i forgot my password, what now?", passages)
    assert sum(judgement.shares) + judgement.none == pytest.approx(1.0, abs=1e-5)
    assert passages[judgement.order[0]].title == "Reset a forgotten password"


def test_passages_that_were_read_before_are_judged_alike(judging: Judging) -> None:
    fresh = PassageJudge.load()
    passages = judging.found("How do I invite colleagues?")
    texts = [passage_text(passage.title, passage.content) for passage in passages]
    cosines = [passage.score for passage in passages]
    first, again = (fresh.judge("How do I invite colleagues?", texts, cosines) for _ in range(2))
    assert first == again
    turned = fresh.judge("How do I invite colleagues?", texts[::-1], cosines[::-1])
    assert turned.shares[::-1] == pytest.approx(first.shares)


def test_the_least_lately_judged_passages_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.judge.KEPT_PASSAGES", 2)
    judge = PassageJudge.load()
    shares = [judge.judge("a question", [f"passage {n}", "another"], [0.5, 0.5]) for n in (1, 2, 3, 1)]
    assert shares[0].shares == pytest.approx(shares[3].shares)
    assert list(judge._read) == ["passage 1", "another"]


def test_a_product_that_no_passage_mentions_is_refused(judging: Judging) -> None:
    ours, foreign = (judging.relevance(f"How do I connect {name}?") for name in ("GitHub", "GitLab"))
    assert ours.ok
    assert not foreign.ok


def test_a_judge_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeadNotUsableError, match=r"gone\.onnx"):
        PassageJudge.load(tmp_path / "gone.onnx")
    with pytest.raises(HeadNotUsableError, match=r"escalation\.onnx is not a judge"):
        PassageJudge.load(HEADS / "escalation.onnx")


def test_a_stored_gate_is_loaded_unchanged(gate: RelevanceGate) -> None:
    again = RelevanceGate.from_json(json.loads(json.dumps(gate.as_json())))
    assert again.as_json() == gate.as_json()


def test_a_missing_gate_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeadNotUsableError, match=r"gone\.json"):
        RelevanceGate.load(tmp_path / "gone.json")
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    with pytest.raises(HeadNotUsableError, match=r"bad\.json"):
        RelevanceGate.load(tmp_path / "bad.json")
