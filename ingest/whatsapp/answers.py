"""Reads what WhatsApp's forms and documents put beside a message's text: a flow's answers, the name of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ingest.text import clean, one_line

_FORMS = (
    "InteractiveData", "FlowData", "FlowResponse", "FlowResponseJson", "InteractiveResponse", "ResponseJson",
    "NfmReply",
)  # fmt: skip
_FORM_LIMIT = 20_000
_FIELDS_LIMIT = 100
_DEPTH_LIMIT = 6
_TECHNICAL = frozenset({"flow_token", "flow_id", "type", "version", "wa_flow_response_params", "action", "screen"})
_WITHIN = ("response_json", "responseJson", "nfm_reply", "flow_response", "data", "payload")
_NAMES_OF = ("label", "question", "title", "name", "field", "key")
_ANSWERS_OF = ("value", "answer", "response", "values", "answers")
_SCREEN = re.compile(r"screen_\d+_")
_POSITION = re.compile(r"_\d+$")
_FILE_NAME = re.compile(r"[^\n/\\\\:*?\"<>|]{1,180}\.([A-Za-z0-9]{1,8})")
_NAME_WORDS = 6


def answered_form(fields: Mapping[str, str]) -> str:
    """Return the answers of a form (a flow) as lines `name: value`; '' where the message answers none."""
    given = next((fields[name] for name in _FORMS if fields.get(name)), "")[:_FORM_LIMIT]
    try:
        read = json.loads(given) if given else None
    except (ValueError, RecursionError):
        return ""
    pairs = dict.fromkeys(islice(_pairs(read, "", 0), _FIELDS_LIMIT))
    return clean("\n".join(f"{name}: {value}" if name else value for name, value in pairs))


def file_name(fields: Mapping[str, str]) -> str:
    """Return the file's name where a document came with it as the text; '' otherwise."""
    body = one_line(fields.get("Body", ""), 200)
    match = _FILE_NAME.fullmatch(body)
    if match is None or body != fields.get("Body", "").strip() or len(body.split()) > _NAME_WORDS:
        return ""
    return body if fields.get("MessageType", "").lower() == "document" else ""


def _pairs(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEPTH_LIMIT:
        return
    if isinstance(value, str) and name in _WITHIN and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if isinstance(value, dict):
        for key, inner in _unfolded(value).items():
            if str(key) not in _TECHNICAL:
                yield from _pairs(inner, str(key), depth + 1)
    elif isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        yield _named(name), ", ".join(one_line(str(one), 500) for one in value)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner, name, depth + 1)
    elif value not in (None, ""):
        yield _named(name), one_line(str(value), 2_000)


def _unfolded(value: dict[str, Any]) -> dict[str, Any]:
    """Return an answer under its own name: `{"label": "City", "value": "Bern"}` becomes `{"City": "Bern"}`."""
    named = next((key for key in _NAMES_OF if isinstance(value.get(key), str)), None)
    given = next((key for key in _ANSWERS_OF if key in value), None)
    if named is None or given is None:
        return value
    return {value[named]: value[given]} | {key: inner for key, inner in value.items() if key not in (named, given)}


def _named(name: str) -> str:
    """Return a field's name as a person gave it: `screen_0_Full_name_1` is `Full name`."""
    return one_line(_POSITION.sub("", _SCREEN.sub("", name)).replace("_", " "), 100)
