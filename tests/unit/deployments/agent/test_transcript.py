"""What a model reads of the conversation so far."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from db.ids import new_id
from db.records import Author, Message
from deployments.agent.transcript import conversation

TOKEN = "c2VjcmV0LW9mLXRoZS10aWNrZXQ_-c2Vj"


def sent(text: str, author: Author) -> Message:
    return Message(
        id=new_id(),
        direction="outbound",
        author=author,
        channel="email",
        content=text,
        sentiment=None,
        created_at=datetime.now(UTC),
    )


@pytest.mark.parametrize("author", ["agent", "staff"])
def test_what_opens_a_ticket_is_not_shown_to_the_model(author: Author) -> None:
    text = f"All is well.\n\nStatus: https://help.example/status#TKT-0042:{TOKEN}\nBye"
    shown: list[Any] = [*conversation([sent(text, author)], "And now?")]
    assert TOKEN not in shown[0]["content"]
    assert shown[0]["content"].endswith("https://help.example/status#TKT-0042\nBye")
