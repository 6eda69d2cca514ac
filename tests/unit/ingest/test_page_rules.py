# ruff: noqa: E501 - lists of addresses and numbers
"""F1: the page's rules are generated from the server's, and both give the same verdict on every odd form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ingest.web_form import SupportForm
from serve_app.api.openapi_file import text as openapi
from tests.fixtures.node import WEB, node

CORPUS = Path(__file__).parents[2] / "data" / "forms"
GOOD = {
    "name": "Ann Customer",
    "email": "ann@customer.example",
    "phone": "",
    "subject": "Cannot sign in",
    "category": "technical",
    "priority": "medium",
    "message": "The sign-in page says that my password is wrong.",
}
MORE = {
    "email": [
        "a@b.co", "ann@sub-domain.example.org", "ann@a--b.example", "ann@ab--c.example", "ann@xn--fiqs8s.example",
        "ann@1.2.3.4", "ann@customer.e1", "ann@customer.1e", "ann@customer.local", "ann@intranet", "ann@my.test",
        "ann@-a.example", "ann@a-.example", "a!#$%&'*+/=?^_`{|}~-z@customer.example", "ann@customer_x.example",
        "zoë@customer.example", "ann@müller.example", "ann@例え.example", "用户@例子.广告", "a,b@customer.example",
        "a;b@customer.example", "a:b@customer.example", "a\\b@customer.example", "a[b]@customer.example", "ann@.co",
        f"{'x' * 64}@{'y' * 60}.{'z' * 60}.{'w' * 60}.example", f"a@{'y' * 63}.{'z' * 63}.{'w' * 63}.{'v' * 60}.example",
        "ann@customer.example/x", "ann@customer.onion", "ann@customer.arpa", "\tann@customer.example\n", "ann @x.example",
        "ann@x .example", "“ann”@customer.example", "ann@@", "a@b@c.example", "ann%40customer.example", "ann@customer。example",
    ],
    "phone": [
        "+44 (0)20 7946 0958", "+49 0 30 1234567", "+1 1 202 555 0123", "+52 1 55 1234 5678", "+7 8 495 123-45-67",
        "+4 4 7700 900123", "+44.7700.900.123", "+44/7700/900123", "+44  7700  900123", "+44    7700 900123", "+0123456789",
        "+1-202-555-0123 ext 5", "+1;202;555", "tel:+442079460958", "+٤٤٧٧٠٠٩٠٠١٢٣", "+44 7700 900123.", "(+44) 7700 900123",
        "+390612345678", "+39 06 1234", "+3545812345", "+247 1234", "+290 12345", "+999999999999", "+8613912345678",
        "+91 98765 43210", "+91 0 98765 43210", "+55 11 91234-5678", "+33 (0)1 23 45 67 89", "+800 1234 5678", "+1 202 555 012",
    ],
    "name": ["\u200b\u200b", "é", "e\u0301", "👩‍👩‍👧", " x ", "\u3000ab\u3000", "\x1fab", "a\x1f", "a\u2028b", "\ufeffab"],
    "subject": ["\u00a0four", "five5", "\x85fives\x85", "\u180eabcd", "\u200babcd"],
    "message": ["ten chars.", "nine char", "\n\n0123456789\n\n", "012345678\0", "x" * 10_001, "😀" * 10_000],
    "priority": ["", "urgent", "Low", "critical"],
    "category": ["", "general", "Billing", "billing "],
}  # fmt: skip


def forms() -> list[dict[str, str]]:
    """Every form of the corpus whose fields are texts, and the odd values above."""
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(CORPUS.glob("*.json"))]
    entries: list[dict[str, Any]] = [entry for file in files for entry in file]
    typed = [{**dict.fromkeys(GOOD, ""), "priority": "medium", **one["body"]} for one in entries if "body" in one]
    kept = [{name: form[name] for name in GOOD} for form in typed if all(isinstance(form[n], str) for n in GOOD)]
    return kept + [{**GOOD, field: value} for field, values in MORE.items() for value in values]


def refused_by_the_server(form: dict[str, str]) -> list[str]:
    try:
        SupportForm.model_validate(form)
    except ValidationError as error:
        return sorted({str(problem["loc"][0]) for problem in error.errors()})
    return []


def test_f1_the_page_and_the_server_give_the_same_verdict_on_odd_forms() -> None:
    given = [form for form in forms() if not any("\ud800" <= c <= "\udfff" for value in form.values() for c in value)]
    done = node("scripts/verdicts.mjs", given=json.dumps(given))
    assert done.returncode == 0, done.stderr
    differing = [
        (form, page, server)
        for form, page in zip(given, json.loads(done.stdout), strict=True)
        if page != (server := refused_by_the_server(form))
    ]
    assert differing == []
    assert len(given) >= 200
    assert 60 < sum(bool(refused_by_the_server(form)) for form in given) < len(given) - 60


def test_the_page_s_types_and_rules_are_generated_from_this_api(tmp_path: Path) -> None:
    described = tmp_path / "openapi.json"
    described.write_text(openapi(), encoding="utf-8")
    done = node("scripts/generate.mjs", str(described), str(tmp_path))
    assert done.returncode == 0, done.stderr
    for name in ("api.ts", "rules.ts"):
        committed = (WEB / "lib" / "generated" / name).read_text(encoding="utf-8")
        assert committed == (tmp_path / name).read_text(encoding="utf-8"), f"{name} is old: run `make web-types`"
