"""The graph as `serve_app.app` wires it, in one process, on a real PostgreSQL and a real Kafka: no cluster needed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.intake.web_form import accept_form
from db.pool import Pool, acquire, create_pool
from db.tickets.reads import TicketWithMessages, ticket_with_messages
from embeddings import indexer
from embeddings.chunker import parse_docs
from embeddings.encoder import Encoder
from ingest.web_form import SupportForm, new_form
from serve_app.embedded.parts.kafka import EmbeddedKafka
from tests.fixtures.company import EXAMPLE

DOCUMENT = Path(__file__).parents[2] / "context" / "product-docs.md"
FORM = {
    "name": "Ada Byron",
    "email": "ada@customer.example.com",
    "subject": "Signing in",
    "category": "account_access",
}


pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def local_graph(database_url: str, kafka_server: EmbeddedKafka) -> Iterator[subprocess.Popen[bytes]]:
    """The running graph; it writes its logs where the tests do."""
    command = [sys.executable, "-m", "tests.serve.local_graph", database_url, kafka_server.bootstrap_servers]
    process = subprocess.Popen(command)
    yield process
    process.kill()
    process.wait()


async def test_k2_forms_go_through_the_whole_graph(database_url: str, request: pytest.FixtureRequest) -> None:
    pool = await create_pool(database_url, size=3)
    await indexer.sync(pool, Encoder(), parse_docs(DOCUMENT.read_text(encoding="utf-8")), own_names=EXAMPLE.own_names)
    asked = SupportForm(**FORM, message="I forgot my password. How can I reset it?")
    refund = SupportForm(**FORM, message="I want my money back for last month, please.")
    async with acquire(pool) as connection:
        accepted = [await accept_form(connection, new_form(form, key=None, now=_now())) for form in (asked, refund)]
    # No ingress wakes the relay here: the sweeper finds the waiting messages, as after a killed ingress.
    running: subprocess.Popen[bytes] = request.getfixturevalue("local_graph")
    tickets = [await _answered_ticket(pool, one.ticket_number) for one in accepted]
    await pool.close()
    assert running.poll() is None
    assert [ticket.status for ticket in tickets] == ["waiting", "escalated"]
    answers = [message.text for message in tickets[0].messages if message.author == "agent"]
    assert len(answers) == 1
    assert "Forgot password" in answers[0]
    assert tickets[1].escalation_reason == "refund"


async def _answered_ticket(pool: Pool, number: str, timeout_s: float = 400) -> TicketWithMessages:
    async with asyncio.timeout(timeout_s), acquire(pool) as connection:
        while True:
            ticket = await ticket_with_messages(connection, number)
            if ticket is not None and any(message.author == "agent" for message in ticket.messages):
                return ticket
            await asyncio.sleep(0.3)


def _now() -> datetime:
    return datetime.now(UTC)
