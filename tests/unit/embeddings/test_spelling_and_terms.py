"""How a query is prepared: misspellings corrected, own product names removed, everything else unchanged."""

from __future__ import annotations

import pytest

from embeddings.lexical import stem, terms, without_own_names, word_counts
from embeddings.relevance import RelevanceGate
from embeddings.spelling import Speller, distance


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how do i creat a webhok", "how do i create a webhook"),
        ("chnage my pasword", "change my password"),
        ("invite my collegue to the workspce", "invite my colleague to the workspace"),
        ("move the taks", "move the task"),
        ("were is the dashbord", "were is the dashboard"),
    ],
)
def test_misspelt_words_are_corrected_to_words_of_the_documents(gate: RelevanceGate, typed: str, meant: str) -> None:
    assert gate.prepare(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "How do I connect GitLab?",
        "Do you support SCIM or LDAP?",
        "Connect Sentry alerts to tasks",
        "I'd like a haircut in Wolfenbüttel",
        "pricing",
        "🙈 help",
        "",
    ],
)
def test_other_words_are_unchanged(gate: RelevanceGate, typed: str) -> None:
    assert gate.prepare(typed) == typed


def test_product_names_are_removed_unless_nothing_is_left() -> None:
    names = ("TechCorp Platform", "TechCorp")
    assert without_own_names("How do I use TechCorp Platform's board in techcorp?", names) == "How do I use board in ?"
    assert without_own_names("TechCorp", names) == "TechCorp"
    assert without_own_names("Use the board", ()) == "Use the board"


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("task", "task", 0), ("taks", "task", 1), ("tsk", "task", 1), ("task", "", 4), ("abcd", "badc", 2)],
)
def test_distance_counts_edits(one: str, other: str, slips: int) -> None:
    assert distance(one, other) == distance(other, one) == slips


def test_the_commoner_word_wins_between_two_as_near() -> None:
    speller = Speller(words={"boards": 9, "boarda": 1}, known=())
    assert speller.correct("boardz") == "boards"


@pytest.mark.parametrize(("one", "other"), [("invites", "inviting"), ("tries", "tried"), ("exporting", "exported")])
def test_inflected_forms_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_terms_carry_content_only() -> None:
    assert terms("How do I reset my password, please?") == [stem("reset"), stem("password")]


def test_words_are_counted_over_all_texts() -> None:
    assert word_counts(["The export fails", "an export"]) == {"an": 1, "export": 2, "fails": 1, "the": 1}
