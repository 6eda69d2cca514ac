"""H13: the customer replies in their ticket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from ingest.events import INCOMING, InboundMessage
from tests.fixtures.ticket_states import put_tickets
from tests.integration.api.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def reply(api: Served, ticket: dict[str, Any], body: Any, key: str | None = None) -> httpx.Response:
    """Write into this ticket with its token."""
    return await api.client.post(
        f"/api/v1/tickets/{ticket['ticket_id']}/messages",
        params={"token": ticket["status_token"]},
        json=body,
        headers={"Idempotency-Key": key} if key else {},
    )


async def set_status(api: Served, status: str) -> None:
    """Move the only ticket on."""
    await put_tickets(api.pool, status)


async def test_h13_a_reply_is_stored_and_shown(api: Served) -> None:
    ticket = await api.submit()
    response = await reply(api, ticket, {"message": " It did not help. "})
    answer = response.json()
    assert response.status_code == 201
    assert set(answer) == {"ticket_id", "message_id", "status", "created_at"}
    assert (answer["ticket_id"], answer["status"]) == (ticket["ticket_id"], "open")
    url = f"/api/v1/tickets/{ticket['ticket_id']}"
    shown = (await api.client.get(url, params={"token": ticket["status_token"]})).json()
    assert [one["text"] for one in shown["messages"]] == ["How do I reset my password, please?", "It did not help."]


async def test_h13_a_reply_waits_for_the_same_sender_and_conversation(api: Served) -> None:
    ticket = await api.submit()
    await reply(api, ticket, {"message": "x"}, key="k")
    form, further = await api.pool.fetch("SELECT * FROM inbox ORDER BY received_at")
    assert (further["sender_key"], further["conversation_id"]) == (form["sender_key"], form["conversation_id"])
    assert (further["ticket_id"], further["state"]) == (form["ticket_id"], "waiting")
    event = await api.pool.fetchrow("SELECT * FROM events WHERE inbox_id = $1", further["id"])
    message = InboundMessage.model_validate(event["value"])
    assert (event["topic"], event["key"]) == (INCOMING, "email:ada@example.com")
    assert event["headers"] == {"message-id": "TKT-0001:k"}
    assert (message.customer_identifier, message.content, message.subject) == ("ada@example.com", "x", "Password reset")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("open", "open"),
        ("processing", "processing"),
        ("waiting", "open"),
        ("escalated", "escalated"),
        ("resolved", "open"),
    ],
)
async def test_g15_a_reply_reopens_a_resolved_ticket(api: Served, before: str, after: str) -> None:
    ticket = await api.submit()
    await set_status(api, before)
    assert (await reply(api, ticket, {"message": "x"})).json()["status"] == after
    row = await api.pool.fetchrow("SELECT status, resolved_at FROM tickets")
    assert (row["status"], row["resolved_at"]) == (after, None)


async def test_h13_a_closed_ticket_says_so(api: Served) -> None:
    ticket = await api.submit()
    await set_status(api, "closed")
    response = await reply(api, ticket, {"message": "x"})
    assert (response.status_code, response.json()["error"]) == (409, "TICKET_CLOSED")
    assert await api.pool.fetchval("SELECT count(*) FROM inbox") == 1


async def test_h13_a_repeated_idempotency_key_stores_one_reply(api: Served) -> None:
    ticket = await api.submit()
    first = await reply(api, ticket, {"message": "x"}, key="k")
    again = await asyncio.gather(*(reply(api, ticket, {"message": "x"}, key="k") for _ in range(5)))
    assert {response.text for response in again} == {first.text}
    assert await api.pool.fetchval("SELECT count(*) FROM messages") == 2
    assert (await reply(api, ticket, {"message": "y"}, key="k")).status_code == 409
    await set_status(api, "closed")
    assert (await reply(api, ticket, {"message": "x"}, key="k")).status_code == 201


async def test_h13_a_key_counts_within_its_ticket(api: Served) -> None:
    first, second = await api.submit(), await api.submit()
    for ticket in (first, second):
        assert (await reply(api, ticket, {"message": f"for {ticket['ticket_id']}"}, key="k")).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": ""},
        {"message": " \n"},
        {"message": "x" * 10_001},
        {"message": None},
        {"message": "a\0"},
        {"message": ["x"]},
    ],
)
async def test_h13_bad_bodies_are_400_naming_the_field(api: Served, body: Any) -> None:
    response = await reply(api, await api.submit(), body)
    assert response.status_code == 400
    assert [problem["field"] for problem in response.json()["details"]] == ["message"]


async def test_h13_without_the_token_it_is_404_like_h2(api: Served) -> None:
    ticket = await api.submit()
    for wrong in (
        ticket | {"status_token": ""},
        ticket | {"ticket_id": "TKT-9999"},
        ticket | {"ticket_id": "nonsense"},
    ):
        response = await reply(api, wrong, {"message": "x"})
        assert (response.status_code, response.json()["error"]) == (404, "NOT_FOUND")
    assert await api.pool.fetchval("SELECT count(*) FROM messages") == 1
