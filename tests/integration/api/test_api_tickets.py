"""H2, F4: reading a ticket with its token and with a staff key."""

from __future__ import annotations

from typing import Any

import pytest

from db.ids import new_id
from serve_app.api.public.status_link import status_token
from tests.integration.api.serving import SECRET, STAFF_KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATHS = ("/api/v1/tickets/{}", "/support/ticket/{}")
FIELDS = {
    "ticket_id", "status", "category", "priority", "subject", "source_channel", "created_at", "updated_at",
    "resolved_at", "responses", "messages", "escalation_reason", "choices", "rated_good",
}  # fmt: skip
STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}


async def add_outbound_message(api: Served, number: str, author: str, text: str) -> None:
    """Put an outbound message into a ticket, as the end of a turn does."""
    await api.pool.execute(
        "INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content)"
        " SELECT $1, conversation_id, id, customer_id, 'outbound', $2, 'web_form', $3 FROM tickets WHERE number = $4",
        new_id(), author, text, number,
    )  # fmt: skip


def opened(ticket: dict[str, Any]) -> dict[str, str]:
    """The query that opens this ticket."""
    return {"token": ticket["status_token"]}


@pytest.mark.parametrize("path", PATHS)
async def test_h2_f4_a_valid_token_shows_the_ticket(api: Served, path: str) -> None:
    ticket = await api.submit(priority="high")
    await add_outbound_message(api, ticket["ticket_id"], "agent", "Click on “Forgot password”.")
    await add_outbound_message(api, ticket["ticket_id"], "staff", "And I am here, too.")
    response = await api.client.get(path.format(ticket["ticket_id"]), params=opened(ticket))
    shown = response.json()
    assert response.status_code == 200
    assert set(shown) == FIELDS
    assert (shown["ticket_id"], shown["status"], shown["priority"]) == (ticket["ticket_id"], "open", "high")
    assert (shown["source_channel"], shown["escalation_reason"]) == ("web_form", None)
    assert [(one["author"], one["text"]) for one in shown["responses"]] == [
        ("agent", "Click on “Forgot password”."),
        ("staff", "And I am here, too."),
    ]
    assert [set(one) for one in shown["responses"]] == [{"text", "body", "channel", "created_at", "author"}] * 2
    assert [one["direction"] for one in shown["messages"]] == ["inbound", "outbound", "outbound"]
    assert set(shown["messages"][0]) == {"direction", "text", "channel", "created_at", "files"}
    assert response.headers["Cache-Control"] == "no-store"


async def test_h2_only_this_tickets_messages_are_shown(api: Served) -> None:
    first, second = await api.submit(message="The first question"), await api.submit(message="The second question")
    await add_outbound_message(api, first["ticket_id"], "agent", "The first answer")
    shown = (await api.client.get(PATHS[0].format(second["ticket_id"]), params=opened(second))).json()
    assert [one["text"] for one in shown["messages"]] == ["The second question"]
    assert shown["responses"] == []


@pytest.mark.parametrize("path", PATHS)
async def test_h2_a_wrong_token_is_404_without_details(api: Served, path: str) -> None:
    ticket, other = await api.submit(), await api.submit()
    number = ticket["ticket_id"]
    wrong = [
        "",
        "x",
        other["status_token"],
        ticket["status_token"][:-1],
        ticket["status_token"] + "A",
        "\0",
        "é",
        "a" * 9000,
    ]
    refused = [await api.client.get(path.format(number), params={"token": token}) for token in wrong]
    refused += [await api.client.get(path.format(number))]
    refused += [await api.client.get(path.format("TKT-9999"), params={"token": token}) for token in wrong]
    assert {response.status_code for response in refused} == {404}
    bodies = [response.json() for response in refused]
    for body in bodies:
        body.pop("request_id")
    assert bodies == [bodies[0]] * len(bodies)
    headers = [{name for name in response.headers if name != "x-request-id"} for response in refused]
    assert headers == [headers[0]] * len(headers)


async def test_h2_a_wrong_token_never_reaches_the_tickets(serve: Any) -> None:
    """Same timing by construction: without the token both cases do the same work, and none of it is a look-up."""
    async with serve() as api:
        ticket = await api.submit()
        await api.pool.execute("ALTER TABLE tickets RENAME TO hidden_tickets")
        for number in (ticket["ticket_id"], "TKT-9999"):
            assert (await api.client.get(PATHS[0].format(number), params={"token": "guess"})).status_code == 404


@pytest.mark.parametrize(
    "number", ["1", "tkt-0001", "TKT-", "TKT-1", "TKT-00%00", "..%2f..", "%F0%9F%99%82", "TKT-" + "9" * 400]
)
async def test_h2_a_malformed_ticket_number_is_404_for_everybody(api: Served, number: str) -> None:
    for headers in ({}, STAFF):
        response = await api.client.get(f"/api/v1/tickets/{number}", params={"token": "x"}, headers=headers)
        assert response.status_code == 404
        assert response.json()["error"] == "NOT_FOUND"


async def test_h2_a_right_token_for_a_number_that_does_not_exist_is_404(api: Served) -> None:
    response = await api.client.get(PATHS[0].format("TKT-4711"), params={"token": status_token(SECRET, "TKT-4711")})
    assert response.status_code == 404


@pytest.mark.parametrize("key", [STAFF_KEY, f"ann:{STAFF_KEY}"])
async def test_h11_a_staff_key_opens_any_ticket_by_number(api: Served, key: str) -> None:
    ticket = await api.submit()
    response = await api.client.get(PATHS[0].format(ticket["ticket_id"]), headers={"Authorization": f"Bearer {key}"})
    shown = response.json()
    assert response.status_code == 200
    assert set(shown) == FIELDS | {"conversation_id", "customer_id"}
    row = await api.pool.fetchrow("SELECT conversation_id, customer_id FROM tickets")
    assert (shown["conversation_id"], shown["customer_id"]) == (str(row["conversation_id"]), str(row["customer_id"]))


async def test_h11_a_wrong_staff_key_opens_nothing(api: Served) -> None:
    ticket = await api.submit()
    headers = {"Authorization": "Bearer wrong"}
    assert (await api.client.get(PATHS[0].format(ticket["ticket_id"]), headers=headers)).status_code == 404
    with_token = await api.client.get(PATHS[0].format(ticket["ticket_id"]), headers=headers, params=opened(ticket))
    assert set(with_token.json()) == FIELDS


async def test_h2_without_a_configured_key_nobody_is_staff(serve: Any) -> None:
    async with serve(staff_api_key=None) as api:
        ticket = await api.submit()
        assert (await api.client.get(PATHS[0].format(ticket["ticket_id"]))).status_code == 404


async def test_f4_the_reason_of_a_hand_over_is_shown(api: Served) -> None:
    ticket = await api.submit()
    await api.pool.execute("UPDATE tickets SET status = 'escalated', escalation_reason = 'refund'")
    shown = (await api.client.get(PATHS[0].format(ticket["ticket_id"]), params=opened(ticket))).json()
    assert (shown["status"], shown["escalation_reason"], shown["resolved_at"]) == ("escalated", "refund", None)
