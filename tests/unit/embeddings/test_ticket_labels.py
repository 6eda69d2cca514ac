"""Category and priority read off the encoder's vector, on trades that the heads were not trained on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from db.records import GENERAL
from embeddings.arrays import Floats
from embeddings.encoder import Encoder
from embeddings.heads import HeadNotUsableError, LinearHead
from embeddings.ticket_labels import CATEGORIES, PRIORITIES, TicketLabelHeads, medians
from embeddings.workbench.ticket_labels import (
    MEASURED,
    Message,
    as_mail,
    by_time,
    category_figures,
    priority_figures,
    read,
    read_corrections,
    read_tickets,
)

TICKETS = Path(__file__).parents[3] / "context" / "sample-tickets.json"
NEAR = 0.65
"""The cosine from which a training line would count as one of those tickets."""


def _category(*, weights: Floats, labels: tuple[str, ...] = CATEGORIES) -> LinearHead:
    bias = np.zeros(len(labels), dtype=np.float32)
    return LinearHead(weights=weights, bias=bias, labels=labels, link="softmax", model_id="")


@pytest.fixture(scope="module")
def heads() -> TicketLabelHeads:
    return TicketLabelHeads.load()


def test_the_messages_measured_on_are_of_other_trades_and_none_is_trained_on() -> None:
    known, unseen = [*read("messages"), *read("mails")], read("held_out")
    assert not {message.trade for message in known} & {message.trade for message in unseen}
    assert not {message.text for message in known} & {message.text for message in unseen}
    for category in set(CATEGORIES) - {GENERAL}:
        assert sum(message.category == category for message in known) >= 200


@pytest.mark.parametrize("dressed", [False, True], ids=["plain", "as mails"])
def test_labels_of_other_trades(encoder: Encoder, heads: TicketLabelHeads, dressed: bool) -> None:
    asked = [as_mail(message, seed=MEASURED) if dressed else message for message in read("held_out")]
    vectors = encoder.encode([message.text for message in asked])
    right = np.array([CATEGORIES.index(message.category) for message in asked])
    found = category_figures(heads.category.probabilities(vectors), right)
    assert found["accuracy"] >= 0.85
    assert found["macro_f1"] >= 0.85
    assert found["unsure"] <= 0.15
    urgency = np.array([PRIORITIES.index(message.priority) for message in asked])
    assert priority_figures(heads.priority.probabilities(vectors), urgency)["accuracy"] >= 0.75


def test_labels_of_tickets_that_others_labelled(encoder: Encoder, heads: TicketLabelHeads) -> None:
    asked = read_tickets(TICKETS)
    vectors = encoder.encode([ticket.text for ticket in asked])
    right = np.array([CATEGORIES.index(ticket.category) for ticket in asked])
    found = category_figures(heads.category.probabilities(vectors), right)
    assert found["accuracy"] >= 0.85
    assert found["unsure"] <= 0.15
    learned = encoder.encode([message.whole.text for message in (*read("messages"), *read("mails"))])
    assert float((vectors @ learned.T).max()) < NEAR


def test_the_newest_corrections_are_measured_on_and_other_languages_left_out(tmp_path: Path) -> None:
    file = tmp_path / "corrections.jsonl"
    rows = [
        {"text": f"{n}", "category": "billing", "priority": "low", "language": "en", "date": f"2026-03-{n:02}"}
        for n in (5, 3, 1, 4, 2)
    ]
    lines = [json.dumps(row) for row in (*rows, rows[0] | {"language": "de"})]
    file.write_text("".join(f"{line}\n" for line in lines))
    learned, newest = by_time(read_corrections(file))
    assert [message.text for message in learned] == ["1", "2", "3", "4"]
    assert [(message.text, message.category) for message in newest] == [("5", "billing")]


def test_what_is_asked_again_among_the_newest_is_not_learned_from() -> None:
    old = ["Where is my invoice of May?", "Who sees my tasks?", "The app closes at once.", "I was charged two times!"]
    texts = [*old, "where is my invoice of may"]
    messages = [Message(text=text, category="billing", priority="low", trade="own") for text in texts]
    assert by_time(messages) == (messages[1:4], messages[4:])


def test_what_is_not_probable_enough_is_general(heads: TicketLabelHeads) -> None:
    sure_of_nothing = replace(heads, category=_category(weights=np.zeros_like(heads.category.weights)))
    [read_off] = sure_of_nothing.labels(np.ones((1, len(heads.category.weights)), dtype=np.float32))
    assert read_off.category == GENERAL
    assert read_off.category_score == pytest.approx(1 / len(CATEGORIES))


def test_a_priority_is_the_median_of_its_probabilities() -> None:
    spread = np.array([[0.4, 0.2, 0.4, 0.0], [0.6, 0.4, 0.0, 0.0], [0.0, 0.1, 0.3, 0.6], [0.25, 0.25, 0.25, 0.2499]])
    assert medians(spread.astype(np.float32)).tolist() == [1, 0, 3, 1]


def test_heads_with_other_labels_or_of_another_encoder_are_refused(heads: TicketLabelHeads, tmp_path: Path) -> None:
    with pytest.raises(HeadNotUsableError, match="another-encoder"):
        heads.require_encoder("another-encoder")
    _category(weights=heads.category.weights, labels=CATEGORIES[::-1]).save(tmp_path / "category.npz")
    heads.priority.save(tmp_path / "priority.npz")
    with pytest.raises(HeadNotUsableError, match="train again"):
        TicketLabelHeads.load(tmp_path)
