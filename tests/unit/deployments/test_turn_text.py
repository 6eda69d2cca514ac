"""A turn's text is bounded; what is short stays whole."""

from __future__ import annotations

from db.turns.turn_text import GAP, TURN_CHARACTERS, bounded


def test_what_fits_is_left_as_it_is() -> None:
    texts = ["a" * 3_000, "", "b" * 5_000]
    assert bounded(texts) == texts
    assert bounded([]) == []


def test_a_long_message_keeps_its_beginning_and_its_end() -> None:
    [text] = bounded([f"I have a problem. {'x' * 60_000} I want my money back."])
    assert len(text) == TURN_CHARACTERS
    assert text.startswith("I have a problem. x")
    assert GAP in text
    assert text.endswith("x I want my money back.")


def test_the_long_ones_share_what_the_short_ones_leave() -> None:
    texts = bounded(["short", "y" * 20_000, "z" * 20_000, "brief"])
    assert (texts[0], texts[3]) == ("short", "brief")
    assert len(texts[1]) == len(texts[2]) == (TURN_CHARACTERS - 10) // 2
    assert sum(map(len, bounded(["w" * 20_000] * 50))) <= TURN_CHARACTERS
