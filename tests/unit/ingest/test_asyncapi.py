"""docs/asyncapi.yaml is current and is what AsyncAPI 3.0.0 takes (X3)."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema

from ingest.bus.asyncapi import document, text
from ingest.events import TOPICS

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "tests" / "data" / "asyncapi" / "3.0.0.schema.json").read_text())


def _faults(described: dict[str, Any]) -> list[str]:
    found = jsonschema.validators.validator_for(SCHEMA)(SCHEMA).iter_errors(described)
    return [f"{list(error.path)}: {error.message[:200]}" for error in found]


def test_the_checked_in_document_is_current() -> None:
    written = (ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8")
    assert written == text(), "run: python -m ingest.bus.asyncapi docs/asyncapi.yaml"


def test_it_is_what_asyncapi_takes() -> None:
    assert _faults(document()) == []


def test_what_asyncapi_does_not_take_is_found() -> None:
    broken = deepcopy(document())
    broken["channels"][TOPICS[0]]["bindings"]["kafka"]["partitions"] = "many"
    assert _faults(broken)


def test_every_reference_leads_somewhere() -> None:
    described = document()
    for reference in _references(described):
        place: Any = described
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [one for value in part.values() for one in _references(value)]
    return [one for value in part for one in _references(value)] if isinstance(part, list) else []
