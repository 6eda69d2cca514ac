"""Writes the calls of docs/api.md from the OpenAPI: `python -m serve_app.api.page docs/api.md`.

Its examples are written by hand and stay; tests hold them to the same schema.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from serve_app.api.openapi_file import schema

EXAMPLES = "## Examples\n"
_SCHEMAS = "#/components/schemas/"
_TAGS = {
    "customers": "What customers and the form's page call. `token` is the `status_token` of the form's answer.",
    "staff": "What the desk calls, with a staff key or in a session of the desk.",
    "webhooks": "What Google and Twilio call; each proves by its signature that it is them.",
    "health": "What probes and operators call. Open to everybody who reaches the port.",
}
_HEAD = """# API

The calls of the product. `python -m serve_app.api.page docs/api.md` makes this page of the OpenAPI, up to the
examples; tests hold it current, and the examples true. `/docs` shows the same with every field's type and rule,
`/openapi.json` is the document.

Staff calls take `Authorization: Bearer KEY`, where `KEY` is of `STAFF_API_KEY` (`key` or `name:key`); while no key is
configured they answer this machine itself without one. Times are UTC, in ISO 8601. Where an answer has `next`, it is
the `after` of the following page, or null at the end.

Errors have one shape: `{error, message, details?, request_id}`. `error` is for programs, `message` for people,
`details` names the fields that were refused, and `request_id` is that of the header `X-Request-ID` and of the logs.

| code | means |
|---|---|
| 400 | something in the call is not as it should be; `details` says what (never 422) |
| 401 | the staff key or the provider's token is missing or wrong |
| 403 | `CHANNEL_OFF`; no staff key is configured; a wrong signature; or another page asks in a desk's session |
| 404 | there is none, or the token does not open it |
| 405 | another method than the call's; `Allow` names it |
| 408 | the body did not arrive in time |
| 409 | it contradicts what is stored: `NOT_NOW`, `CHANGED`, `IDEMPOTENCY_KEY_REUSED`, `TICKET_CLOSED`, … |
| 413 | the body, or a file, is too large |
| 429 | too many calls, or wrong keys, from this address; `Retry-After` says when |
| 500 | a fault of ours; `request_id` leads to it in the logs |
| 503 | the database, or what else the call needs, is away; nothing was stored, `Retry-After` says when to try again |

Every call can answer 405 and 500, and a `POST` or `DELETE` that takes no body 408 and 413 to one that comes all the
same: the tables leave these out. Under *takes* are headers, query and body; what is **bold** is required.
"""
_FIELDS = """
## Fields

What is sent and answered, by the names that the tables above use. `?`: may be left out, or is null.

| of | fields |
|---|---|
"""
_JSON = dict[str, Any]


def text(described: _JSON) -> str:
    """Return the page up to its examples."""
    parts = [_HEAD]
    for tag, about in _TAGS.items():
        parts.append(f"\n## {tag.capitalize()}\n\n{about}\n\n")
        parts.append("| call | what it does | takes | success | errors |\n|---|---|---|---|---|\n")
        parts += [row for path, calls in described["paths"].items() for row in _rows(tag, path, calls)]
    schemas = described["components"]["schemas"]
    named = [f"| `{_name(one)}` | {_fields(schemas[one])} |\n" for one in sorted(_used(described), key=_name)]
    return "".join([*parts, _FIELDS, *named, "\n"])


def _rows(tag: str, path: str, calls: Mapping[str, _JSON]) -> Iterator[str]:
    for method, call in calls.items():
        if tag in call["tags"]:
            codes = sorted(call["responses"])
            good = "; ".join(_success(code, call["responses"][code]) for code in codes if code < "400")
            bad = ", ".join(code for code in codes if code >= "400") or "–"
            cells = (f"`{method.upper()} {path}`", call["summary"], _takes(call), good, bad)
            yield f"| {' | '.join(cells)} |\n"


def _success(code: str, answer: _JSON) -> str:
    """Return a code with what is answered under it."""
    found = [_type(body["schema"]) for body in answer.get("content", {}).values() if body.get("schema")]
    return " ".join([code, *(f"`{one}`" for one in found if one)])


def _takes(call: _JSON) -> str:
    given = [
        _marked(one["name"], required=one.get("required", False))
        for one in call.get("parameters", ())
        if one["in"] != "path"
    ]
    body = call.get("requestBody", {})
    for content in body.get("content", {}).values():
        kind = _type(content["schema"]) or ", ".join(content["schema"].get("required", ()))
        given.append(_marked(kind, required=body.get("required", False)))
    return ", ".join(given) or "–"


def _marked(name: str, *, required: bool) -> str:
    return f"**`{name}`**" if required else f"`{name}`"


def _fields(model: _JSON) -> str:
    required = model.get("required", ())
    return ", ".join(_field(name, one, name in required) for name, one in model["properties"].items())


def _field(name: str, model: _JSON, required: bool) -> str:
    kind, optional = _type(model), not required or any(one.get("type") == "null" for one in model.get("anyOf", ()))
    return f"`{name}`{'?' if optional else ''}{f' (`{kind}`)' if kind else ''}"


def _type(model: _JSON) -> str:
    """Return the name of the model that this is, or is a list of; '' for what is none."""
    if found := [kind for one in model.get("anyOf", ()) if (kind := _type(one))]:
        return " or ".join(found)
    if model.get("type") == "array" and (kind := _type(model["items"])):
        return f"{kind}[]"
    return _name(model["$ref"].removeprefix(_SCHEMAS)) if "$ref" in model else ""


def _name(model: str) -> str:
    """Return a model's name; of two that share theirs with the module before it."""
    return ".".join(model.split("__")[-2:])


def _used(described: _JSON) -> set[str]:
    """Return the models that a call sends or answers with, and those inside them; the error's is told above."""
    schemas, used = described["components"]["schemas"], set()
    waiting = [described["paths"]]
    while waiting:
        one = waiting.pop()
        inside = list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else ()
        waiting += inside
        name = one.get("$ref", "") if isinstance(one, dict) else ""
        if isinstance(name, str) and (name := name.removeprefix(_SCHEMAS)) and name not in used:
            used.add(name)
            waiting.append(schemas[name])
    return {name for name in used if name not in ("ErrorBody", "FieldProblem") and "properties" in schemas[name]}


def write(page: Path) -> None:
    """Make the page anew, with the examples that it has."""
    _, heading, examples = page.read_text(encoding="utf-8").partition(EXAMPLES)
    page.write_text(text(asyncio.run(schema())) + heading + examples, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
