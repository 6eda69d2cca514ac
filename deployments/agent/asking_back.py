"""Asks the customer which of a few passages they mean. The question is its own record of what was offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from db.records import Message
from deployments.agent.notices import Tone
from deployments.rules.choices import choices_in, listed

_WHICH: Mapping[Tone, str] = {
    "formal": "Thank you for your message. Which of these do you mean?",
    "semi-formal": "Which of these do you mean?",
    "conversational": "Which of these do you mean?",
}
_HOW: Mapping[Tone, str] = {
    "formal": "Please reply with the number.",
    "semi-formal": "Please reply with the number.",
    "conversational": "Just send me the number.",
}


def question(tone: Tone, titles: Sequence[str]) -> str:
    """Return the question, a title a line."""
    return f"{_WHICH[tone]}\n\n{listed(titles)}\n\n{_HOW[tone]}"


def open_choices(earlier: Sequence[Message]) -> tuple[str, ...]:
    """Return what the last message of ours in a conversation offers."""
    last = next((message for message in reversed(earlier) if message.direction == "outbound"), None)
    return choices_in(last.content) if last is not None and last.author == "agent" else ()
