"""The shipped models, loaded once: a fraction of a second together."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.chunker import Section, parse_docs
from embeddings.encoder import Encoder
from embeddings.judge import PassageJudge, passage_text
from embeddings.relevance import RelevanceGate
from embeddings.sentiment import SentimentHead
from tests.fixtures.company import EXAMPLE

DOCUMENT = Path(__file__).parents[3] / "context" / "product-docs.md"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="session")
def sentiment() -> SentimentHead:
    return SentimentHead.load()


@pytest.fixture(scope="session")
def gate(sections: list[Section]) -> RelevanceGate:
    texts = (passage_text(section.title, section.content) for section in sections)
    return RelevanceGate.load(own_names=EXAMPLE.own_names).over(texts)


@pytest.fixture(scope="session")
def judge() -> PassageJudge:
    return PassageJudge.load()


@pytest.fixture(scope="session")
def sections() -> list[Section]:
    return parse_docs(DOCUMENT.read_text(encoding="utf-8"))
