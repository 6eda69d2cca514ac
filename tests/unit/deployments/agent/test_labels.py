"""Which tickets get their category and priority from what was read off a message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from db.records import Analysis, TicketLabels
from deployments.agent.labels import new_labels, with_labels
from tests.fixtures.turns import new_turn

READ = TicketLabels(category="billing", category_score=0.9, priority="high")


def analysis(labels: TicketLabels | None = READ) -> Analysis:
    return Analysis(model_id="m", vector=(1.0,), sentiment=None, escalation={}, labels=labels)


def given(**ticket: Any) -> TicketLabels | None:
    fields: dict[str, Any] = {"category": "general", **ticket}
    return new_labels(replace(new_turn(channel="email").ticket, **fields), analysis())


def test_the_first_message_names_the_matter_and_sets_the_priority() -> None:
    assert given() == READ
    assert given(priority="critical") == READ


def test_until_the_matter_is_known_later_messages_tell_it_and_only_raise_the_priority() -> None:
    assert given(labelled_by="model") == READ
    assert given(labelled_by="model", priority="critical") == replace(READ, priority="critical")


@pytest.mark.parametrize(
    "ticket",
    [
        {"source_channel": "web_form", "category": "how_to"},
        {"labelled_by": "model", "category": "technical"},
        {"labelled_by": "staff"},
    ],
    ids=["the customer's own", "known already", "the staff's"],
)
def test_labels_that_stay(ticket: dict[str, Any]) -> None:
    assert given(**ticket) is None


def test_without_labels_the_turn_stays_as_it_is() -> None:
    turn = new_turn(channel="whatsapp")
    assert new_labels(turn.ticket, analysis(None)) is None
    assert with_labels(turn, None) is turn


def test_the_turn_goes_on_under_its_new_labels() -> None:
    ticket = with_labels(new_turn(channel="whatsapp"), READ).ticket
    assert (ticket.category, ticket.priority, ticket.labelled_by) == ("billing", "high", "model")
