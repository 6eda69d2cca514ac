"""What has happened in a conversation, in one clause for a person who has not seen it."""

from __future__ import annotations

from db.staff.actions import Change

_DONE = {
    "take_over": "took the conversation over",
    "reply": "replied",
    "release": "gave the conversation back to the agent",
    "resolve": "resolved the ticket",
    "close": "closed the conversation",
    "approve": "approved a draft",
    "label": "corrected the category or priority",
    "message": "wrote",
}
_WHO = {"customer": "The customer", "agent": "The agent", "system": "The system"}


def describe_change(change: Change | None, by: str) -> str:
    """Return such as `bob replied`; what `by` did themselves was in another window. A draft leaves no other trace."""
    if change is None:
        return "Something has changed"
    if change.what == "message":
        return f"{_WHO.get(change.who, change.who)} wrote"
    who = "You, in another window," if change.who == by else change.who
    return f"{who} {_DONE.get(change.what, change.what)}"
