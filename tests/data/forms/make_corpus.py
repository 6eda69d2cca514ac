# ruff: noqa: E501 - lists of addresses and numbers
"""Writes the corpus of support forms (F1): `python -m tests.data.forms.make_corpus`.

One file a field. Each entry has a `name` that says what is odd, the `body` (an object) or the `raw` body (a string, or
`raw_base64`), the `status` that the server must answer, and for 400 the `field` that it must name (`body`: the whole; null: any,
since it depends on the JSON reader whether a lone surrogate spoils the field or the body).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GOOD: dict[str, Any] = {
    "name": "Ann Customer",
    "email": "ann@customer.example",
    "subject": "Cannot sign in",
    "category": "technical",
    "priority": "medium",
    "message": "The sign-in page says that my password is wrong.",
}
Entry = dict[str, Any]


def form(title: str, wrong: str | None = None, /, **changes: Any) -> Entry:
    """A good form with changes; with `wrong` it is refused for that field. A value of `...` leaves the field out."""
    body = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}
    return {"name": title, "status": 400 if wrong else 201, "field": wrong, "body": body}


def raw(name: str, body: str | bytes) -> Entry:
    """A body that is no form at all."""
    entry: Entry = {"name": name, "status": 400, "field": "body"}
    text = {"raw": body} if isinstance(body, str) else {"raw_base64": base64.b64encode(body).decode()}
    return {**entry, **text}


def _wrong_types(field: str, *, null: bool = True) -> Iterator[Entry]:
    values = {"a number": 5, "a list": ["x"], "an object": {"a": 1}, "true": True} | ({"null": None} if null else {})
    for name, value in values.items():
        yield form(f"{field} is {name}", field, **{field: value})


def _lengths(field: str, least: int, most: int) -> Iterator[Entry]:
    yield form(f"{field} of {least} characters", **{field: "x" * least})
    yield form(f"{field} of {most} characters", **{field: "x" * most})
    yield form(f"{field} of {least - 1} characters", field, **{field: "x" * (least - 1)})
    yield form(f"{field} of {most + 1} characters", field, **{field: "x" * (most + 1)})
    yield form(f"{field} of {most} emoji counts code points", **{field: "😀" * most})
    yield form(f"{field} of {most} letters beyond ASCII", **{field: "ü" * most})
    yield form(f"{field} with spaces around {most} characters", **{field: f"  {'x' * most}\n"})
    yield form(f"{field} of {least - 1} characters between spaces", field, **{field: f"  {'x' * (least - 1)}    "})
    yield form(f"{field} empty", field, **{field: ""})
    yield form(f"{field} of spaces only", field, **{field: " " * 20})
    yield form(f"{field} of no-break spaces only", field, **{field: "\u00a0" * 20})
    yield form(f"{field} of ideographic spaces only", field, **{field: "\u3000" * 20})
    yield form(f"{field} missing", field, **{field: ...})


def _texts(field: str, *, filler: str) -> Iterator[Entry]:
    yield form(f"{field} with NUL", field, **{field: f"{filler}\0{filler}"})
    yield form(f"{field} ends in NUL", field, **{field: f"{filler}\0"})
    for name, text in {
        "in Chinese": "我无法登录，请帮忙重置我的密码。",
        "in Arabic": "لا أستطيع تسجيل الدخول إلى حسابي.",
        "in Hindi": "मैं अपने खाते में प्रवेश नहीं कर सकता।",
        "with an emoji family": f"{filler} 👨‍👩‍👧‍👦",
        "with markup": f"<script>alert(1)</script> {filler}",
        "with SQL": f"'; DROP TABLE tickets; -- {filler}",
        "with a template": f"{{{{ 7 * 7 }}}} ${{7*7}} {filler}",
        "with percent signs": f"%s %d %n 100 % {filler}",
        "with combining accents": f"Cafe\u0301 {filler}",
        "right to left override": f"{filler} \u202eabc",
    }.items():
        yield form(f"{field} {name}", **{field: text})


def names() -> Iterator[Entry]:
    """F1: 2 to 255 characters."""
    yield from _lengths("name", 2, 255)
    yield from _wrong_types("name")
    yield from _texts("name", filler="Ann")
    for name in ("Ng", "O'Brien-Smith", "Dr. Dr. h.c. Ann", "李", "X Æ A-12"):
        yield form(f"name {name}", "name" if len(name) < 2 else None, name=name)


def subjects() -> Iterator[Entry]:
    """F1: 5 to 500 characters."""
    yield from _lengths("subject", 5, 500)
    yield from _wrong_types("subject")
    yield from _texts("subject", filler="Cannot sign in")
    yield form("subject with a line break", subject="Cannot\r\nBcc: all@victim.example")


def messages() -> Iterator[Entry]:
    """F1: 10 to 10,000 characters."""
    yield from _lengths("message", 10, 10_000)
    yield from _wrong_types("message")
    yield from _texts("message", filler="I cannot sign in.")
    yield form("message of many lines", message="line\n" * 1_000)
    yield form("message one word", message="Helpmeplease!")


def emails() -> Iterator[Entry]:
    """An address that mail can be sent to; nothing is looked up."""
    yield from _wrong_types("email")
    for address in (
        "a@b.example", "ANN@CUSTOMER.EXAMPLE", "ann.o'brien@customer.example", "ann+support@customer.example",
        "ann_1-2@sub.domain.customer.example", "  ann@customer.example  ", "ann@bücher.example",
        "ann@xn--bcher-kva.example", "x" * 64 + "@customer.example", "1234567890@customer.example",
    ):  # fmt: skip
        yield form(f"email {address[:40]!r}", email=address)
    for address in (
        "", " ", "ann", "ann@", "@customer.example", "ann@@customer.example", "ann@customer", "ann@.example",
        "ann@customer..example", ".ann@customer.example", "ann.@customer.example", "a..n@customer.example",
        "ann@-customer.example", "ann customer@customer.example", "ann@customer example", "ann@customer.example,b@c.example",
        "Ann <ann@customer.example>", "ann@[192.0.2.1]", "ann@localhost", '"a b"@customer.example', "mailto:ann@customer.example",
        "ann@customer.example\nBcc: x@victim.example", "ann\0@customer.example", "x" * 65 + "@customer.example",
        "ann@" + "x" * 64 + ".example", "ann(comment)@customer.example", "ann@customer.example.", "<ann@customer.example>",
    ):  # fmt: skip
        yield form(f"email no {address[:40]!r}", "email", email=address)
    yield form("email missing", "email", email=...)


def phones() -> Iterator[Entry]:
    """Optional; with `+` and country code."""
    yield from _wrong_types("phone", null=False)
    for name, phone in {"missing": ..., "null": None, "empty": "", "of spaces": "   "}.items():
        yield form(f"phone {name}", phone=phone)
    for phone in ("+447700900123", "+44 7700 900123", "+1 (415) 523-8886", "+49-30-1234567", " +33 6 12 34 56 78 "):
        yield form(f"phone {phone!r}", phone=phone)
    for phone in ("07700 900123", "0044 7700 900123", "447700900123", "+", "+44", "+44 7700", "phone me", "+44 7700 90012x",
                  "+999 123 456 789", "+44 7700 900123 900123", "+4477009001\0", "++447700900123", "+1" * 60):  # fmt: skip
        yield form(f"phone no {phone[:40]!r}", "phone", phone=phone)


def choices() -> Iterator[Entry]:
    """Category and priority are one of a few words, in lower case."""
    for category in ("account_access", "billing", "technical", "how_to", "feature_request", "complaint"):
        yield form(f"category {category}", category=category)
    for category in ("", "Billing", "BILLING", " billing", "bills", "account access", "technical\0"):
        yield form(f"category no {category!r}", "category", category=category)
    yield from _wrong_types("category")
    yield form("category missing", "category", category=...)
    for priority in ("low", "medium", "high", "critical"):
        yield form(f"priority {priority}", priority=priority)
    yield form("priority missing is medium", priority=...)
    for priority in ("", "urgent", "High", "1", "high "):
        yield form(f"priority no {priority!r}", "priority", priority=priority)
    yield from _wrong_types("priority")


def bodies() -> Iterator[Entry]:
    """The body as a whole."""
    yield form("unknown fields are ignored", unknown="x", tenant={"a": [1]})
    yield form("fields that only we set are ignored", ticket_id="TKT-0001", status="closed", customer_id="1")
    yield form("prototype pollution is ignored", **{"__proto__": {"admin": True}, "constructor": "x"})
    good = json.dumps(GOOD)
    yield raw("empty body", "")
    yield raw("white space", " \n")
    yield raw("no JSON", "hello")
    yield raw("JSON cut off", good[:-5])
    yield raw("JSON with a trailing comma", good[:-1] + ",}")
    yield raw("JSON in single quotes", good.replace('"', "'"))
    yield raw("a list", f"[{good}]")
    yield raw("null", "null")
    yield raw("a string", json.dumps(good))
    yield raw("a number", "42")
    yield raw("form-encoded", "name=Ann&email=ann%40customer.example")
    yield raw("XML", "<form><name>Ann</name></form>")
    yield raw("bytes that are no UTF-8", good.encode().replace(b"Ann", b"\xff\xfe"))
    yield raw("only NUL bytes", bytes(20))
    yield raw("5,000 lists deep", "[" * 5_000)
    surrogate = good.replace("Ann Customer", "Ann \\ud83d")
    yield {"name": "lone surrogate in the name", "status": 400, "field": None, "raw": surrogate}
    message = good.replace("The sign-in page", "The \\udc00 page")
    yield {"name": "lone surrogate in the message", "status": 400, "field": None, "raw": message}
    pair = good.replace("Ann Customer", "Ann \\ud83d\\ude00")
    yield {"name": "escaped surrogate pair is an emoji", "status": 201, "field": None, "raw": pair}
    yield {
        "name": "name twice, the last counts",
        "status": 201,
        "field": None,
        "raw": good.replace("{", '{"name": 1, ', 1),
    }


FILES = {
    "name": names, "subject": subjects, "message": messages, "email": emails, "phone": phones,
    "category-and-priority": choices, "body": bodies,
}  # fmt: skip


def main() -> None:
    """Write a file for each field."""
    total = 0
    for file, entries in FILES.items():
        found = list(entries())
        total += len(found)
        (HERE / f"{file}.json").write_text(json.dumps(found, indent=1) + "\n")
    print(f"{total} forms")


if __name__ == "__main__":
    main()
