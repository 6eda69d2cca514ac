"""Issue 12: small inputs in the manner of public bug reports of other desks come out right (tests/data/mail_cases)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.mail.message import parse
from ingest.whatsapp.message import parse as parse_whatsapp

DATA = Path(__file__).parents[2] / "data" / "mail_cases"
CASES: dict[str, dict[str, Any]] = json.loads((DATA / "expected.json").read_text())
OURS = ("help@desk.example.org",)
RECEIVED = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)


def _read(name: str) -> object:
    raw = (DATA / name).read_bytes()
    if name.endswith(".json"):
        return parse_whatsapp([(key, value) for key, value in json.loads(raw)])
    return parse(raw, gmail_id="1", thread_id="t", label_ids=("INBOX",), internal_date=RECEIVED, our_addresses=OURS)


def _shown(parsed: object, field: str) -> object:
    name, _, key = field.partition(".")
    value = getattr(parsed, name)
    if key:
        return value.get(key)
    if field == "text":
        return value.split()
    if field == "attachments":
        return [item.filename for item in value]
    return list(value) if isinstance(value, tuple) else value


def _is_right(found: object, expected: object, field: str) -> bool:
    if expected == "*":
        return bool(found)
    if isinstance(expected, list) and expected[:1] == ["has"]:
        assert isinstance(found, list)
        return all(" ".join(piece.split()) in " ".join(found) for piece in expected[1])
    return found == (expected.split() if field == "text" and isinstance(expected, str) else expected)


def test_the_cases_are_all_there() -> None:
    files = {str(path.relative_to(DATA)) for path in DATA.rglob("*.*") if path.parent != DATA}
    assert files == set(CASES)
    assert len(CASES) >= 128


@pytest.mark.parametrize("name", CASES)
def test_a_case_comes_out_right(name: str) -> None:
    parsed = _read(name)
    expected: dict[str, Any] = CASES[name]["expected"]
    wrong = {
        field: _shown(parsed, field)
        for field, value in expected.items()
        if not _is_right(_shown(parsed, field), value, field)
    }
    assert wrong == {}
