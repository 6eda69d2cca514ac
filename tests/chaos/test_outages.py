"""K5, T-K4: a broker or a database that does not answer, seen from outside."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest

from tests.fixtures.product import Product
from tests.fixtures.waiting import wait_until

pytestmark = [pytest.mark.product, pytest.mark.timeout(1800)]

FORM = {
    "name": "Ada Byron",
    "email": "ada@outage.example.com",
    "subject": "Signing in",
    "category": "account_access",
    "message": "I forgot my password. How can I reset it?",
}


@contextmanager
def _frozen(product: Product, mark: str) -> Iterator[None]:
    leaders = product.processes(mark)
    assert leaders, f"nothing runs that is called {mark}"
    processes = [one for leader in leaders for one in (leader, *leader.children(recursive=True))]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


@pytest.fixture
def http(product: Product) -> Iterator[httpx.Client]:
    product.wait_healthy()
    with httpx.Client(base_url=f"{product.url}/api/v1", timeout=240, trust_env=False) as client:
        yield client


def _submit(http: httpx.Client) -> httpx.Response:
    return http.post("/support/form", json=FORM, headers={"Idempotency-Key": str(uuid4())})


def test_k5_a_form_is_accepted_without_kafka_and_answered_when_it_is_back(product: Product, http: httpx.Client) -> None:
    with _frozen(product, "kafka.Kafka"):
        accepted = _submit(http)
        assert accepted.status_code == 201, accepted.text
        wait_until(lambda: http.get("/health").json()["components"]["kafka"]["status"] != "healthy")
        health = http.get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert http.get("/health/ready").status_code == 200
        late = _submit(http)
        assert late.status_code == 201, late.text
    for ticket in (accepted.json(), late.json()):
        address, token = f"/tickets/{ticket['ticket_id']}", {"token": ticket["status_token"]}
        wait_until(lambda: len(http.get(address, params=token).json()["responses"]) == 1)  # noqa: B023


def test_k5_without_postgresql_nothing_is_acknowledged(product: Product, http: httpx.Client) -> None:
    with _frozen(product, "bin/postgres"):
        refused = _submit(http)
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.json()["error"]
        assert http.get("/health").status_code == 503
        assert http.get("/health/live").status_code == 200
        assert http.get("/health/ready").status_code == 503
    product.wait_healthy()
    assert _submit(http).status_code == 201
