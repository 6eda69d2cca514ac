"""M3: what is around a person's answer, and what leads to a customer, is in no entry."""

from __future__ import annotations

import pytest

from deployments.learning.cleaning import PLACEHOLDER, answer_of, title_of

STEPS = "Open the board, choose Export, then Poster.\n1. Pick a size.\n2. Press Print."


@pytest.mark.parametrize(
    "reply",
    [
        f"Dear Ms Lee,\n\nThank you for your mail.\n\n{STEPS}\n\nKind regards,\nBob Miller\nSupport",
        f"Hi Ann, {STEPS}\n\nLet me know if anything else is unclear. Have a nice day!\n\nCheers\nBob",
        f"Guten Tag Frau Lee,\n\n{STEPS}\n\nMit freundlichen Grüßen\nBob",
        STEPS,
    ],
)
def test_greeting_courtesies_and_signature_are_left_out(reply: str) -> None:
    assert answer_of(["Done.", reply], ["Ann Lee", "Bob"]) == STEPS


@pytest.mark.parametrize(
    "told",
    [
        "It was the same in order 4711-998 of last week.",
        "Invoice INV-2026-0042 shows where it stands on the page.",
        "Ann has the newest export in her own folder by now.",
        "Write to ann@example.com or call +49 30 901820 for the size.",
        "TKT-0042 explains how the poster is folded and sent.",
    ],
)
def test_what_leads_to_a_customer_becomes_a_placeholder(told: str) -> None:
    answer = answer_of([told], ["Ann Lee"])
    assert PLACEHOLDER.search(answer), answer
    for trace in ("4711", "0042", "Ann", "example", "901820"):
        assert trace not in answer


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("Posters\nHello, we like the board. How can I print it?. Thanks, Ann", "How can I print it?"),
        ("Printing a poster of the board\n", "Printing a poster of the board"),
        ("It broke\nThe poster is empty since the update.", "The poster is empty since the update."),
    ],
)
def test_the_title_is_what_was_asked(asked: str, title: str) -> None:
    assert title_of(asked) == title
