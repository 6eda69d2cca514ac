"""Gmail's methods with paths, verbs and scopes, from Google's discovery document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One REST method; `name` is its id without the leading `gmail.`."""

    name: str
    verb: str
    path: str
    scopes: frozenset[str]


@cache
def methods() -> Mapping[str, Method]:
    """Return every method of Gmail REST v1 by name, from the document that google-api-python-client carries."""
    document = resources.files("googleapiclient.discovery_cache.documents") / "gmail.v1.json"
    found = _walk(json.loads(document.read_text(encoding="utf-8")))
    return {method.name: method for method in found}


def _walk(node: Mapping[str, Any]) -> Iterator[Method]:
    for described in node.get("methods", {}).values():
        yield Method(
            name=described["id"].removeprefix("gmail."),
            verb=described["httpMethod"],
            path="/" + described["path"],
            scopes=frozenset(described.get("scopes", ())),
        )
    for inner in node.get("resources", {}).values():
        yield from _walk(inner)
