"""Issue 12: small inputs in the manner of public bug reports of other desks come out right (tests/data/mail_cases).

`blind_a`, `blind_b` and `blind_c` are by three authors who saw neither the parsers nor each other's cases.
One of the third's is left out: it wants a place's name in the text, where here a whole location is a file's name.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
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


def _blind() -> Iterator[Any]:
    """Yield the blind authors' cases by author and kind."""
    for author in ("a", "b", "c"):
        lines = (DATA / f"blind_{author}.jsonl").read_text().split("\n")
        cases = [json.loads(line) for line in lines if line]
        for kind in sorted({case["name"].partition("/")[0] for case in cases}):
            of_kind = [case for case in cases if case["name"].startswith(f"{kind}/")]
            yield pytest.param(of_kind, id=f"{author} {kind}")


def _read(name: str) -> object:
    raw = (DATA / name).read_bytes()
    return _posted(json.loads(raw)) if name.endswith(".json") else _mailed(raw)


def _read_blind(case: Mapping[str, Any]) -> object:
    if "post" in case:
        return _posted(case["post"])
    return _mailed(base64.b64decode(case["mail_base64"]) if "mail_base64" in case else case["mail"].encode())


def _posted(params: list[list[str]]) -> object:
    return parse_whatsapp([(key, value) for key, value in params])


def _mailed(raw: bytes) -> object:
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


def _wrong(parsed: object, expected: Mapping[str, Any]) -> dict[str, object]:
    shown = {field: _shown(parsed, field) for field in expected}
    return {field: shown[field] for field, value in expected.items() if not _is_right(shown[field], value, field)}


def test_the_cases_are_all_there() -> None:
    files = {str(path.relative_to(DATA)) for path in DATA.rglob("*.*") if path.parent != DATA}
    assert files == set(CASES)
    assert len(CASES) >= 128


@pytest.mark.parametrize("name", CASES)
def test_a_case_comes_out_right(name: str) -> None:
    assert _wrong(_read(name), CASES[name]["expected"]) == {}


@pytest.mark.parametrize("cases", list(_blind()))
def test_what_blind_authors_wrote_comes_out_right(cases: list[dict[str, Any]]) -> None:
    assert len(cases) >= 20
    wrong = {case["name"]: _wrong(_read_blind(case), case["expected"]) for case in cases}
    assert {name: found for name, found in wrong.items() if found} == {}
