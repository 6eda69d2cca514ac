"""M2: questions are grouped by what they are about."""

from __future__ import annotations

from uuid import UUID

import numpy as np

from db.measurement.digest import Question
from deployments.reporting.topics import alike_groups, topics

PASSAGES = {
    "reset": np.array([1.0, 0.0, 0.0], dtype=np.float32),
    "sign-in": np.array([0.9, 0.4, 0.0], dtype=np.float32),
    "export": np.array([0.0, 0.0, 1.0], dtype=np.float32),
}


def asked(number: int, text: str, *slugs: str, reason: str | None = None) -> Question:
    """A question whose search found these passages, the best first."""
    return Question(
        ticket=f"TKT-{number:04d}",
        customer_id=UUID(int=number % 4),
        outcome="escalated" if reason else "answered",
        reason=reason,
        passages=tuple((slug, slug.title(), 0.8 - 0.2 * place) for place, slug in enumerate(slugs)),
        text=text,
    )


QUESTIONS = [
    asked(1, "I forgot my password, please reset it", "reset", "sign-in"),
    asked(2, "The reset mail for my password does not come", "reset", "sign-in"),
    asked(3, "How do I change the password?", "sign-in", "reset"),
    asked(4, "Can I export a board as a spreadsheet?", "export"),
    asked(5, "Export of boards to a spreadsheet", "export"),
    asked(6, "My lawyer will write to you about the contract", reason="legal"),
    asked(7, "This breach of contract goes to my lawyer", reason="legal"),
    asked(8, "Something else altogether", reason="no_kb_match"),
]


def test_m2_groups_go_by_passages_and_words_the_largest_first() -> None:
    found = topics(QUESTIONS, PASSAGES, most=9, least=2)
    assert [topic.questions for topic in found] == [3, 2, 2]
    assert [topic.title for topic in found] == ["Reset", "Export", None]
    assert [topic.words[0] for topic in found] == ["password", "export", "contract"]
    assert [topic.escalated for topic in found] == [0, 0, 2]
    assert found[0].tickets == ("TKT-0001", "TKT-0002", "TKT-0003")
    assert found[1].customers == 2


def test_m2_every_question_is_in_one_group_and_a_passage_may_be_gone() -> None:
    for passages in (PASSAGES, {}):
        assert sum(topic.questions for topic in topics(QUESTIONS, passages, most=9)) == len(QUESTIONS)
    assert topics([], PASSAGES, most=9) == []


def test_m2_a_group_is_what_is_near_its_centre_not_a_chain() -> None:
    angles = np.radians([0, 25, 50, 75])
    line = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert alike_groups(line, 0.9) == [[1, 0, 2], [3]]
