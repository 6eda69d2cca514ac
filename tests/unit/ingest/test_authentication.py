"""T-S2: only Gmail's own word counts, and only for the domain that it names. 0 false passes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.mail.headers.authentication import dmarc_pass

DATA = Path(__file__).parents[2] / "data" / "authentication_results" / "headers.json"
CASES: list[dict[str, Any]] = json.loads(DATA.read_text())


def _verdict(case: dict[str, Any]) -> bool:
    return dmarc_pass([(name, value) for name, value in case["headers"]], case["domain"])


def test_t_s2_the_corpus_holds_60_strings() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", [case for case in CASES if not case["pass"]], ids=lambda case: case["name"])
def test_t_s2_no_false_pass(case: dict[str, Any]) -> None:
    assert _verdict(case) is False


@pytest.mark.parametrize("case", [case for case in CASES if case["pass"]], ids=lambda case: case["name"])
def test_t_s2_what_gmail_vouches_for_passes(case: dict[str, Any]) -> None:
    assert _verdict(case) is True


def test_t_s2_another_provider_can_be_pinned() -> None:
    headers = [("Authentication-Results", "mx.corp.example; dmarc=pass header.from=customer.example")]
    assert dmarc_pass(headers, "customer.example", authserv_id="mx.corp.example")
    assert not dmarc_pass(headers, "customer.example")
