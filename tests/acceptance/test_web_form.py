"""A form from outside: one answer, or a hand-over."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fixtures.product import Product

pytestmark = [pytest.mark.product, pytest.mark.timeout(1800)]

FORM = {
    "name": "Ada Byron",
    "email": "ada@customer.example.com",
    "subject": "Signing in",
    "category": "account_access",
    "message": "I forgot my password. How can I reset it?",
}


@pytest.fixture
def http(product: Product) -> httpx.Client:
    return httpx.Client(base_url=f"{product.url}/api/v1", timeout=120, trust_env=False)


def _submit(http: httpx.Client, **changes: str) -> dict[str, Any]:
    form = {**FORM, "email": f"{uuid4().hex[:10]}@customer.example.com", **changes}
    accepted = http.post("/support/form", json=form)
    assert accepted.status_code == 201, accepted.text
    body: dict[str, Any] = accepted.json()
    return body


def _answered(http: httpx.Client, ticket: dict[str, Any], responses: int = 1, timeout: float = 240) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    body: dict[str, Any] = {}
    while time.monotonic() < deadline:
        read = http.get(f"/tickets/{ticket['ticket_id']}", params={"token": ticket["status_token"]})
        assert read.status_code == 200, read.text
        body = read.json()
        if len(body["responses"]) >= responses:
            return body
        time.sleep(0.2)
    raise AssertionError(f"no answer after {timeout} s: {body}")


def test_a_question_is_answered_from_the_knowledge_base(http: httpx.Client) -> None:
    ticket = _answered(http, _submit(http))
    assert ticket["status"] == "waiting"
    assert ticket["escalation_reason"] is None
    (answer,) = ticket["responses"]
    assert answer["author"] == "agent"
    assert "Forgot password" in answer["text"]
    assert ticket["ticket_id"] in answer["text"]
    assert [message["direction"] for message in ticket["messages"]] == ["inbound", "outbound"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("I want my money back for last month, please.", "refund"),
        ("How much is the Professional plan per seat?", "pricing"),
        ("My lawyer will be in touch about the breach of contract.", "legal"),
        ("Can I talk to a real person about our setup?", "human_request"),
    ],
)
def test_g5_a_message_with_an_escalation_reason_is_handed_over(http: httpx.Client, message: str, reason: str) -> None:
    ticket = _answered(http, _submit(http, subject="A request", message=message))
    assert (ticket["status"], ticket["escalation_reason"]) == ("escalated", reason)
    assert len(ticket["responses"]) == 1


def test_g8_a_question_without_a_relevant_passage_is_handed_over(http: httpx.Client) -> None:
    question = "What is the best way to bake sourdough bread at high altitude?"
    ticket = _answered(http, _submit(http, subject="Bread", message=question))
    assert (ticket["status"], ticket["escalation_reason"]) == ("escalated", "no_kb_match")


def test_h13_the_customer_writes_again_in_their_ticket(http: httpx.Client) -> None:
    ticket = _submit(http)
    _answered(http, ticket)
    params = {"token": ticket["status_token"]}
    follow_up = {"message": "Thank you. And how do I turn on two-factor authentication?"}
    added = http.post(f"/tickets/{ticket['ticket_id']}/messages", params=params, json=follow_up)
    assert added.status_code == 201, added.text
    later = _answered(http, ticket, responses=2)
    assert later["status"] == "waiting"
    assert "two-factor" in later["responses"][1]["text"].lower()


def test_g14_the_agent_does_not_reply_after_a_hand_over(http: httpx.Client) -> None:
    ticket = _submit(http, message="Please refund the last invoice, this was not what we ordered.")
    _answered(http, ticket)
    params = {"token": ticket["status_token"]}
    added = http.post(
        f"/tickets/{ticket['ticket_id']}/messages", params=params, json={"message": "How do I reset my password?"}
    )
    assert added.status_code == 201, added.text
    time.sleep(4)
    later = _answered(http, ticket)
    assert len(later["responses"]) == 1
    assert later["status"] == "escalated"
    assert [message["direction"] for message in later["messages"]].count("inbound") == 2


def test_h2_a_number_alone_opens_nothing(http: httpx.Client) -> None:
    ticket = _submit(http)
    wrong = http.get(f"/tickets/{ticket['ticket_id']}", params={"token": "guess"})
    absent = http.get("/tickets/TKT-99999999", params={"token": "guess"})
    assert wrong.status_code == absent.status_code == 404
    assert {**wrong.json(), "request_id": ""} == {**absent.json(), "request_id": ""}


def test_h6_health_names_every_component(product: Product, http: httpx.Client) -> None:
    product.wait_healthy()
    health = http.get("/health").json()
    nodes = {"ingress", "ingest", "identity", "analysis", "agent", "delivery", "reporting"}
    assert set(health["components"]) == {"database", "kafka", "gmail", "whatsapp", "web_form", *nodes}
    assert health["status"] == "healthy"
    assert {part["status"] for part in health["components"].values()} == {"healthy"}


def test_the_demo_loses_nothing_and_matches_its_labels(product: Product, tmp_path: Path) -> None:
    report = tmp_path / "demo.json"
    done = product.command("demo", "--json", str(report), timeout=1500)
    cases = json.loads(report.read_text())
    misses = [case for case in cases["cases"] if not case["matched"]]
    assert done.returncode == 0, f"{misses}\n{done.stderr}"
    assert (cases["lost"], cases["doubled"]) == (0, 0)


def test_a_second_up_finds_the_product_running(product: Product) -> None:
    again = product.command("up", "--detach", "--port", str(product.port))
    assert again.returncode == 0, again.stderr
    assert product.url in again.stdout
