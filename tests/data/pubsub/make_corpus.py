"""Writes the corpus of Pub/Sub pushes: `python -m tests.data.pubsub.make_corpus`.

A body is a string, or base64 where it is no text; `hint` is what a good one says, null where the push is refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HINT = {"emailAddress": "support@techcorp.example", "historyId": 9876543210}
EXPECTED = {"email": "support@techcorp.example", "history_id": 9876543210}


def data(value: object) -> str:
    """The message's data: JSON in base64."""
    return base64.b64encode(json.dumps(value, ensure_ascii=False).encode()).decode()


def push(encoded: object = None, **envelope: Any) -> str:
    """A push as Pub/Sub posts it."""
    message = {
        "data": data(HINT) if encoded is None else encoded,
        "messageId": "2070443601311540",
        "message_id": "2070443601311540",
        "publishTime": "2026-11-22T09:15:01.123Z",
    }
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/gmail", **envelope})


def entry(name: str, body: str | bytes, hint: dict[str, Any] | None = None) -> dict[str, Any]:
    """One push."""
    if isinstance(body, bytes):
        return {"name": name, "body_base64": base64.b64encode(body).decode(), "hint": hint}
    return {"name": name, "body": body, "hint": hint}


def entries() -> Iterator[dict[str, Any]]:
    """Yield good pushes, then refused ones."""
    yield from _good()
    yield from _odd_data()
    yield from _odd_envelopes()


def _good() -> Iterator[dict[str, Any]]:
    yield entry("as Pub/Sub posts it", push(), EXPECTED)
    yield entry("historyId as a string", push(data({**HINT, "historyId": "9876543210"})), EXPECTED)
    yield entry("data without padding", push(data(HINT).rstrip("=")), EXPECTED)
    padded = json.dumps({**HINT, "x": "??>>~~"}).encode()
    yield entry("data in the URL-safe alphabet", push(base64.urlsafe_b64encode(padded).decode()), EXPECTED)
    yield entry("data in the other alphabet", push(base64.b64encode(padded).decode()), EXPECTED)
    yield entry("address in upper case", push(data({**HINT, "emailAddress": "Support@TechCorp.Example"})), EXPECTED)
    yield entry("more fields than we know", push(data({**HINT, "new": [1]}), deliveryAttempt=5), EXPECTED)
    yield entry("only message_id in the old spelling", push().replace('"messageId"', '"other"'), EXPECTED)
    yield entry("no message id", push().replace('"messageId"', '"a"').replace('"message_id"', '"b"'), EXPECTED)
    yield entry("no subscription", push(subscription=None), EXPECTED)
    yield entry("attributes beside the data", push(attributes={"a": "b"}), EXPECTED)
    yield entry("white space around the JSON", f"\n  {push()}\r\n", EXPECTED)
    yield entry("historyId zero", push(data({**HINT, "historyId": 0})), {**EXPECTED, "history_id": 0})
    largest = 2**64 - 1
    yield entry("historyId of 64 bits", push(data({**HINT, "historyId": largest})), {**EXPECTED, "history_id": largest})
    yield entry("NUL in the subscription", push(subscription="a\x00b"), EXPECTED)


def _odd_data() -> Iterator[dict[str, Any]]:
    yield entry("data is missing", json.dumps({"message": {"messageId": "1"}, "subscription": "s"}))
    for name, value in {"null": None, "a number": 5, "a list": ["x"], "an object": {"a": 1}}.items():
        body = json.dumps({"message": {"data": value, "messageId": "1"}})
        yield entry(f"data is {name}", body)
    yield entry("data is empty", push(""))
    yield entry("data is no base64", push("***"))
    yield entry("data is base64 of one letter", push("A"))
    yield entry("data is beyond ASCII", push("ü" * 8))
    yield entry("data is no JSON", push(base64.b64encode(b"hello").decode()))
    yield entry("data is not UTF-8", push(base64.b64encode(b"\xff\xfe{}").decode()))
    yield entry("data is a JSON list", push(data([HINT])))
    yield entry("data is a JSON string", push(data("support@techcorp.example")))
    for name, wrong in {
        "address missing": {"historyId": 1},
        "address null": {**HINT, "emailAddress": None},
        "address without a domain": {**HINT, "emailAddress": "support"},
        "address a list": {**HINT, "emailAddress": ["support@techcorp.example"]},
        "historyId missing": {"emailAddress": HINT["emailAddress"]},
        "historyId negative": {**HINT, "historyId": -1},
        "historyId a fraction": {**HINT, "historyId": 1.5},
        "historyId true": {**HINT, "historyId": True},
        "historyId in words": {**HINT, "historyId": "many"},
        "historyId in Arabic digits": {**HINT, "historyId": "٤٢"},
        "historyId of 400 digits": {**HINT, "historyId": "9" * 400},
    }.items():
        yield entry(name, push(data(wrong)))


def _odd_envelopes() -> Iterator[dict[str, Any]]:
    for name, body in {
        "empty body": "",
        "no JSON": "hello",
        "JSON cut off": push()[:-10],
        "a JSON list": "[]",
        "JSON null": "null",
        "message missing": '{"subscription": "s"}',
        "message a string": '{"message": "x"}',
        "form-encoded": "message=x&subscription=y",
        "5,000 lists deep": "[" * 5_000,
        "longer than 100,000 bytes": push(subscription="x" * 100_000),
    }.items():
        yield entry(name, body)
    yield entry("bytes that are no UTF-8", b"\xff\xfe" + push().encode())
    yield entry("only NUL bytes", bytes(50))


def main() -> None:
    """Write the corpus."""
    found = list(entries())
    (HERE / "pushes.json").write_text(json.dumps(found, indent=1) + "\n")
    print(f"{len(found)} pushes, {sum(case['hint'] is not None for case in found)} of them good")


if __name__ == "__main__":
    main()
