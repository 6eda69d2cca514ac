"""docs/api.md is what the OpenAPI says: its calls, codes and fields, and its examples (X3)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest

from serve_app.api.openapi_file import schema
from serve_app.api.page import EXAMPLES, text
from tests.fixtures.documented import MORE, PAGE, Example, examples, operation

SHOWN = examples()


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return asyncio.run(schema())


def test_the_checked_in_page_is_current(described: dict[str, Any]) -> None:
    page = PAGE.read_text(encoding="utf-8").partition(EXAMPLES)[0]
    assert page == text(described), "run: python -m serve_app.api.page docs/api.md"


def test_every_example_is_found() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("\ncurl ") == len(SHOWN) >= 15


@pytest.mark.parametrize("example", SHOWN.values(), ids=lambda one: one.title)
def test_an_example_is_as_the_openapi_says(described: dict[str, Any], example: Example) -> None:
    call = operation(example, described)
    schemas = described["components"]["schemas"]
    answers = call["responses"][str(example.status)]["content"]["application/json"]["schema"]
    assert list(problems(example.answer, answers, schemas)) == []
    if example.body is not None and example.status < 400:
        taken = call["requestBody"]["content"]["application/json"]["schema"]
        assert list(problems(example.body, taken, schemas)) == []
    given = {*parse_qs(urlsplit(example.path).query), *example.headers} - {"Authorization", "Content-Type"}
    assert given <= {one["name"] for one in call.get("parameters", ())}


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({"good": True, "status": "open"}, "ticket_id is missing"),
        ({"ticket_id": "TKT-0042", "good": True, "status": "open", "mark": 1}, "mark is unknown"),
        ({"ticket_id": "TKT-0042", "good": True, "status": "opened"}, "'opened' is not one of"),
    ],
)
def test_an_answer_that_is_none_is_found(described: dict[str, Any], shown: dict[str, Any], said: str) -> None:
    [problem] = problems(shown, described["components"]["schemas"]["RatingAccepted"], {})
    assert said in problem


def problems(shown: Any, model: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the schema has against a value of the page."""
    if "$ref" in model:
        yield from problems(shown, schemas[model["$ref"].rpartition("/")[2]], schemas)
    elif "anyOf" in model:
        tried = [list(problems(shown, one, schemas)) for one in model["anyOf"]]
        yield from min(tried, key=len)
    elif "properties" in model and isinstance(shown, dict):
        yield from _of_fields(shown, model, schemas)
    elif model.get("type") == "array" and isinstance(shown, list):
        for one in shown:
            yield from problems(one, model["items"], schemas)
    elif not (isinstance(shown, str) and MORE in shown and model.get("type") == "string"):
        yield from (error.message for error in jsonschema.Draft202012Validator(model).iter_errors(shown))


def _of_fields(shown: dict[str, Any], model: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    if MORE not in shown:
        yield from (f"{name} is missing" for name in model.get("required", ()) if name not in shown)
    yield from (f"{name} is unknown" for name in shown if name not in model["properties"] and name != MORE)
    for name, one in shown.items():
        yield from problems(one, model["properties"].get(name, {}), schemas)
