"""Thresholds are chosen on other trades than the one that is measured."""

from __future__ import annotations

from evaluation.escalation import trades
from evaluation.escalation.left_out import Choice, best
from evaluation.escalation.trades import Tally


def tally(name: str, direct: int, paraphrases: int, false_alarms: int) -> Tally:
    """What is wrong of 10 direct requests, 100 paraphrases and 100 ordinary messages."""
    return Tally(
        name=name, direct=(direct, 10), paraphrases=(paraphrases, 100), false_alarms=(false_alarms, 100), wrong=()
    )


STRICT: Choice = (0.03, 0.8, 0.8)
MIDDLE: Choice = (0.01, 0.6, 0.65)
LOOSE: Choice = (0.001, 0.45, 0.5)
COUNTED = {
    STRICT: {"bank": tally("bank", 1, 0, 0), "shop": tally("shop", 0, 9, 1)},
    MIDDLE: {"bank": tally("bank", 0, 2, 3), "shop": tally("shop", 0, 4, 3)},
    LOOSE: {"bank": tally("bank", 0, 1, 9), "shop": tally("shop", 0, 1, 9)},
}


def test_no_direct_request_is_traded_for_false_alarms() -> None:
    assert best(COUNTED, without="shop") == MIDDLE


def test_the_trade_that_is_measured_says_nothing() -> None:
    assert best(COUNTED, without="bank") == MIDDLE
    worse = {**COUNTED, MIDDLE: {**COUNTED[MIDDLE], "bank": tally("bank", 9, 99, 99)}}
    assert best(worse, without="bank") == MIDDLE
    assert best(worse, without="") == LOOSE


def test_where_none_keeps_the_paraphrases_the_one_that_keeps_most_is_taken() -> None:
    missed = {choice: {"shop": tally("shop", 0, 20 + place, 0)} for place, choice in enumerate((STRICT, MIDDLE, LOOSE))}
    assert best(missed, without="bank") == STRICT


def test_a_trade_without_a_company_lends_no_questions_of_others() -> None:
    assert "dentist" in trades.trade_names()
    assert trades.trade_questions(["dentist"]) == []
    assert {one.family for one in trades.trade_questions(["dentist", "bank"])} == {"bank-questions"}
