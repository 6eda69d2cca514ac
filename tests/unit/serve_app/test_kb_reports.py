"""`kb gaps` and `kb check`: how questions are grouped, and which sections are named."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from db.knowledge import StoredSection
from embeddings.arrays import Floats
from embeddings.chunker import SECTION_CHARACTERS
from serve_app.cli.kb.doubts import Doubt, doubts
from serve_app.cli.kb.gaps import Asked, Gap, grouped

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def towards(*directions: tuple[float, float, float]) -> Floats:
    """Vectors of length 1."""
    rows = np.array(directions, dtype=np.float32)
    lengths: Floats = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def asked(customer: str, number: int, text: str) -> Asked:
    return Asked(customer=customer, ticket=f"TKT-{number:04}", text=text)


def test_alike_questions_are_one_gap_that_counts_customers() -> None:
    vectors = towards((1, 0, 0), (0, 1, 0), (1, 0.3, 0), (1, -0.3, 0), (1, 0.1, 0))
    questions = [
        asked("ann", 1, "Can I pay by cheque?"),
        asked("bob", 2, "Do you have a shop in Leeds?"),
        asked("cy", 3, "cheques ok?"),
        asked("ann", 4, "cheque payment"),
        asked("dee", 5, "Is a cheque all right?"),
    ]
    assert grouped(questions, vectors) == [
        Gap(topic="Can I pay by cheque?", customers=3, questions=4, tickets=("TKT-0001", "TKT-0003", "TKT-0004")),
        Gap(topic="Do you have a shop in Leeds?", customers=1, questions=1, tickets=("TKT-0002",)),
    ]


def test_a_question_between_two_topics_belongs_to_one() -> None:
    found = grouped([asked(name, n, name) for n, name in enumerate("abc")], towards((1, 0, 0), (1, 1, 0), (0, 1, 0)))
    assert sum(gap.questions for gap in found) == 3


def test_a_long_question_is_shown_on_one_short_line() -> None:
    (gap,) = grouped([asked("ann", 1, "word\n" * 200)], towards((1, 0, 0)))
    assert len(gap.topic) == 100
    assert "\n" not in gap.topic


def section(slug: str, vector: tuple[float, float, float], **fields: str) -> StoredSection:
    given = {"title": slug.capitalize(), "content": "Open it.", "source": "product-docs.md", "origin": "documents"}
    return StoredSection(slug=slug, category="c", updated_at=NOW, embedding=towards(vector)[0], **given | fields)


def test_sections_that_are_almost_the_same_compete_pieces_of_one_do_not() -> None:
    stored = [
        section("one", (1, 0, 0)),
        section("two", (1, 0.1, 0)),
        section("far", (0, 1, 0)),
        section("cut", (0, 0, 1)),
        section("cut-2", (0, 0.1, 1), title="Cut"),
    ]
    found = [doubt.text for doubt in doubts(stored, [], NOW) if doubt.kind == "competing"]
    assert found == ["'One' (product-docs.md) and 'Two' (product-docs.md) are 1.00 alike: join or tell apart"]


def test_sections_that_are_not_read_whole_are_long() -> None:
    stored = [
        section("a", (1, 0, 0), content="x" * (SECTION_CHARACTERS + 1)),
        section("b", (0, 1, 0), content="x" * SECTION_CHARACTERS),
        section("c", (0, 0, 1)),
        section("c-2", (0, 0, 1), title="C"),
    ]
    found = [doubt.text for doubt in doubts(stored, [], NOW) if doubt.kind == "long"]
    assert len(found) == 2
    assert found[0].startswith("'A' (product-docs.md) has 1,101 characters")
    assert found[1].startswith("'C' (product-docs.md) was cut into 2 pieces")


def test_a_section_that_no_question_found_is_named_once_something_was_found() -> None:
    stored = [section("one", (1, 0, 0)), section("two", (0, 1, 0))]
    unfound = Doubt(kind="unfound", text="'Two' (product-docs.md) was found by no question since 2026-05-04")
    assert doubts(stored, ["one"], NOW) == [unfound]
    assert doubts(stored, [], NOW) == []
    assert doubts([], [], NOW) == []
