"""Model input of a turn: the customer's texts fenced as data, completed tool calls; and reading both back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents import TResponseInputItem

from db.records import Message
from deployments.agent.run_context import FENCE, without_fences

EARLIER_MESSAGES = 12
EARLIER_CHARACTERS = 1500
"""Of each earlier message; those of this turn are not cut."""

_OPEN, _CLOSE = FENCE
_STATUS_TOKEN = re.compile(r"(/status#TKT-\d{4,18}):[\w=-]+")
"""In the links of our replies: what opens the ticket is no model's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A tool call of the transcript with its result."""

    name: str
    arguments: Mapping[str, Any]
    output: str

    def fields(self) -> Mapping[str, Any]:
        """Return the result as a JSON object, {} if it is none."""
        return _object(self.output)


def fence(text: str) -> str:
    """Return a customer's text between FENCE tags, which it cannot close itself."""
    return f"{_OPEN}\n{without_fences(text)}\n{_CLOSE}"


def unfence(text: str) -> str:
    """Return the text between the FENCE tags."""
    return text.removeprefix(_OPEN).removesuffix(_CLOSE).strip()


def conversation(earlier: Sequence[Message], text: str) -> list[TResponseInputItem]:
    """Return the last messages of the conversation, shortened, and the customer's text of this turn."""
    items = [_earlier(message) for message in earlier[-EARLIER_MESSAGES:]]
    return [*items, {"role": "user", "content": fence(text)}]


def _earlier(message: Message) -> TResponseInputItem:
    if message.direction == "inbound":
        return {"role": "user", "content": fence(message.content[:EARLIER_CHARACTERS])}
    colleague = "(written by a colleague) " if message.author == "staff" else ""
    return {"role": "assistant", "content": colleague + _STATUS_TOKEN.sub(r"\1", message.content)[:EARLIER_CHARACTERS]}


def completed(number: int, name: str, arguments: str, output: str) -> list[TResponseInputItem]:
    """Return a tool call made in the model's stead, in the form of the model's own calls."""
    call_id = f"call_runner_{number}"
    return [
        {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments},
        {"type": "function_call_output", "call_id": call_id, "output": output},
    ]


def read_calls(items: Iterable[Any]) -> list[Completed]:
    """Return the completed tool calls of a transcript, in order."""
    pending: dict[str, tuple[str, str]] = {}
    done = []
    for item in items:
        if item.get("type") == "function_call":
            pending[item["call_id"]] = (item["name"], item["arguments"])
        elif item.get("type") == "function_call_output" and item["call_id"] in pending:
            name, arguments = pending.pop(item["call_id"])
            done.append(Completed(name=name, arguments=_object(arguments), output=str(item["output"])))
    return done


def read_customer(items: Iterable[Any]) -> list[str]:
    """Return the customer's messages of a transcript, oldest first."""
    return [
        unfence(item["content"])
        for item in items
        if item.get("role") == "user" and isinstance(item.get("content"), str)
    ]


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
