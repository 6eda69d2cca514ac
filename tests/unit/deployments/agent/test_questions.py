"""The question of a message in the light of the messages before it."""

from __future__ import annotations

import pytest

from deployments.agent.models import questions


@pytest.mark.parametrize(
    ("follow_up", "query"),
    [
        ("and how do I delete it?", "How do I create an API key? and how do I delete it?"),
        ("How do I turn on two-factor authentication?", "How do I turn on two-factor authentication?"),
    ],
)
def test_a_follow_up_that_refers_back_is_searched_with_the_earlier_question(follow_up: str, query: str) -> None:
    assert questions.in_context(follow_up, ["How do I create an API key?"]) == query
    assert questions.in_context(follow_up, []) == follow_up
