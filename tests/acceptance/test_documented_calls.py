"""The calls that docs/api.md shows answer what it says (X3)."""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fixtures.product import Product

pytestmark = [pytest.mark.product, pytest.mark.timeout(600)]

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
SHOWN_AT = "http://127.0.0.1:8000"


def _calls() -> list[list[str]]:
    """Return the words of each `curl` of the page's example block."""
    block = PAGE.read_text(encoding="utf-8").split("```sh running\n")[1].split("```")[0]
    return [shlex.split(one) for one in re.split(r"^curl -s |^#.*$", block, flags=re.MULTILINE) if one.strip()]


def _answer(product: Product, words: list[str], **replaced: str) -> httpx.Response:
    """Make a documented call of the running product, with what is made up there replaced."""
    url = next(word for word in words if word.startswith(SHOWN_AT)).replace(SHOWN_AT, product.url)
    given = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = next((words[at + 1] for at, word in enumerate(words) if word == "-d"), None)
    for shown, real in replaced.items():
        url = re.sub(rf"(?<={shown}=)…|(?<=/){shown}(?=\?)", real, url)
    headers = {name: value for name, value in given.items() if "…" not in value}
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = uuid4().hex
    method = "POST" if body is not None else "GET"
    return httpx.request(method, url, headers=headers, content=body, timeout=120, trust_env=False)


def test_x3_the_documented_calls_work_from_form_to_answer(product: Product) -> None:
    form, look, conversations = _calls()
    sent = _answer(product, form)
    assert sent.status_code == 201, sent.text
    ticket: dict[str, Any] = sent.json()
    opened = {"TKT-0042": ticket["ticket_id"], "token": ticket["status_token"]}
    deadline = time.monotonic() + 240
    while not (seen := _answer(product, look, **opened).json())["responses"] and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "Forgot password" in seen["responses"][0]["text"]
    listed = _answer(product, conversations)
    assert listed.status_code == 200, listed.text
