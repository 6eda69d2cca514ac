"""H1, F1, F2, F5: sending a form, as a client sees it and as it is stored."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from db.identity import merges
from db.ids import new_id
from db.pool import acquire
from ingest.events import INCOMING, InboundMessage
from serve_app.api.public.status_link import status_token
from tests.integration.api.serving import FORM, SECRET, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATHS = ("/api/v1/support/form", "/support/submit")
LIMITS = {"name": (2, 255), "subject": (5, 500), "message": (10, 10_000)}
TABLES = ("customers", "customer_identifiers", "conversations", "tickets", "messages", "inbox", "events")


async def stored(api: Served) -> dict[str, int]:
    """Rows in every table that a form writes to."""
    return {table: await api.pool.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


@pytest.mark.parametrize("path", PATHS)
async def test_h1_f2_a_form_is_answered_with_its_ticket(api: Served, path: str) -> None:
    response = await api.client.post(path, json=FORM)
    answer = response.json()
    assert response.status_code == 201
    assert set(answer) == {"ticket_id", "status", "message", "created_at", "status_token"}
    assert (answer["ticket_id"], answer["status"]) == ("TKT-0001", "open")
    assert answer["status_token"] == status_token(SECRET, "TKT-0001")


async def test_h1_one_form_is_stored_whole(api: Served) -> None:
    await api.submit(phone="+44 20 7946 0958", email="Ada@Example.com")
    assert await stored(api) == dict.fromkeys(TABLES, 1) | {"customer_identifiers": 2}
    event = await api.pool.fetchrow("SELECT * FROM events")
    message = InboundMessage.model_validate(event["value"])
    inbox = await api.pool.fetchrow("SELECT * FROM inbox")
    assert (event["topic"], event["key"], event["inbox_id"]) == (INCOMING, "email:ada@example.com", inbox["id"])
    assert event["headers"] == {"message-id": inbox["provider_message_id"]}
    assert (message.inbox_id, message.conversation_id) == (inbox["id"], inbox["conversation_id"])
    assert inbox["payload"] == event["value"]
    assert {row["tier"] for row in await api.pool.fetch("SELECT tier FROM customer_identifiers")} == {0}


@pytest.mark.parametrize("field", LIMITS)
async def test_f1_just_inside_is_201_just_outside_is_400_naming_the_field(api: Served, field: str) -> None:
    least, most = LIMITS[field]
    for length in (least, most):
        await api.submit(**{field: "é" * length})
    before = await stored(api)
    for length in (least - 1, most + 1):
        response = await api.client.post(PATHS[0], json=FORM | {field: "é" * length})
        assert response.status_code == 400
        assert [problem["field"] for problem in response.json()["details"]] == [field]
    assert await stored(api) == before


async def test_f1_every_wrong_field_is_named(api: Served) -> None:
    wrong = {
        "name": "A",
        "email": "no",
        "phone": "123",
        "subject": "Hi",
        "category": "x",
        "priority": "y",
        "message": "",
    }
    response = await api.client.post(PATHS[0], json=wrong)
    assert response.status_code == 400
    assert {problem["field"] for problem in response.json()["details"]} == set(wrong)


async def test_h1_the_same_key_and_body_give_the_same_ticket(api: Served) -> None:
    headers = {"Idempotency-Key": "a-key-of-mine"}
    first = await api.client.post(PATHS[0], json=FORM, headers=headers)
    before = await stored(api)
    again = await api.client.post(PATHS[1], json=dict(reversed(FORM.items())), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert await stored(api) == before


async def test_h1_the_same_answer_comes_when_the_ticket_has_moved_on(api: Served) -> None:
    headers = {"Idempotency-Key": "a-key-of-mine"}
    first = await api.client.post(PATHS[0], json=FORM, headers=headers)
    await api.pool.execute("UPDATE tickets SET status = 'waiting', subject = 'other'")
    assert (await api.client.post(PATHS[0], json=FORM, headers=headers)).json() == first.json()


async def test_h1_the_same_key_with_another_body_is_409(api: Served) -> None:
    headers = {"Idempotency-Key": "a-key-of-mine"}
    await api.client.post(PATHS[0], json=FORM, headers=headers)
    before = await stored(api)
    response = await api.client.post(PATHS[0], json=FORM | {"message": "Something else entirely"}, headers=headers)
    assert response.status_code == 409
    assert response.json()["error"] == "IDEMPOTENCY_KEY_REUSED"
    assert await stored(api) == before


@pytest.mark.parametrize("key", ["", "with space", "é", "x" * 256, "tab\there"])
async def test_h1_a_key_is_visible_ascii_of_bounded_length(api: Served, key: str) -> None:
    response = await api.client.post(PATHS[0], json=FORM, headers=[(b"Idempotency-Key", key.encode())])
    assert response.status_code == 400
    assert response.json()["details"][0]["field"] == "Idempotency-Key"


async def test_h1_the_longest_key_is_accepted(api: Served) -> None:
    assert (await api.client.post(PATHS[0], json=FORM, headers={"Idempotency-Key": "~" * 255})).status_code == 201


async def test_h1_twenty_calls_with_one_key_at_once_make_one_ticket(api: Served) -> None:
    headers = {"Idempotency-Key": "raced"}
    answers = await asyncio.gather(*(api.client.post(PATHS[0], json=FORM, headers=headers) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await stored(api) == dict.fromkeys(TABLES, 1)


async def test_i1_forms_of_one_sender_at_once_make_one_customer(api: Served) -> None:
    spellings = ("ada@example.com", "ADA@EXAMPLE.COM", " Ada@Example.com ")
    await asyncio.gather(*(api.submit(email=spellings[n % 3], phone="+442079460958") for n in range(15)))
    counts = await stored(api)
    assert (counts["customers"], counts["customer_identifiers"]) == (1, 2)
    assert (counts["conversations"], counts["tickets"]) == (15, 15)


async def test_i3_a_typed_name_never_replaces_the_one_on_file(api: Served) -> None:
    await api.submit()
    await api.submit(name="Mallory", phone="+442079460958")
    row = await api.pool.fetchrow("SELECT name, phone FROM customers")
    assert (row["name"], row["phone"]) == ("Ada Lovelace", None)


async def test_i4_a_merged_customers_form_is_filed_under_the_one_that_remained(api: Served) -> None:
    await api.submit(email="old@example.com")
    await api.submit(email="middle@example.com")
    await api.submit(email="new@example.com")
    for loser, winner in (("old", "middle"), ("middle", "new")):
        query = "SELECT id FROM customers WHERE email = $1"
        ids = {name: await api.pool.fetchval(query, f"{name}@example.com") for name in (loser, winner)}
        async with acquire(api.pool) as connection:
            await merges.merge(
                connection, winner=ids[winner], loser=ids[loser], tier=3, actor="staff:ann", evidence="they said so"
            )
    ticket = await api.submit(email="old@example.com")
    row = await api.pool.fetchrow(
        "SELECT c.email, o.sender_key FROM tickets t JOIN customers c ON c.id = t.customer_id"
        " JOIN conversations o ON o.id = t.conversation_id WHERE t.number = $1", ticket["ticket_id"],
    )  # fmt: skip
    assert (row["email"], row["sender_key"]) == ("new@example.com", "email:old@example.com")


async def test_f5_numbers_are_padded_and_never_cut(api: Served) -> None:
    assert (await api.submit())["ticket_id"] == "TKT-0001"
    await api.pool.execute("SELECT setval('ticket_numbers', 9998)")
    assert [(await api.submit())["ticket_id"] for _ in range(2)] == ["TKT-9999", "TKT-10000"]
    await api.pool.execute("SELECT setval('ticket_numbers', 123456789)")
    assert (await api.submit())["ticket_id"] == "TKT-123456790"


async def test_f5_a_repeated_or_refused_form_uses_up_no_number(api: Served) -> None:
    for _ in range(3):
        await api.client.post(PATHS[0], json=FORM, headers={"Idempotency-Key": "k"})
        await api.client.post(PATHS[0], json=FORM | {"name": ""})
    assert (await api.submit())["ticket_id"] == "TKT-0002"


async def test_h1_hostile_text_is_stored_as_it_is(api: Served) -> None:
    text = "'; DROP TABLE tickets; -- <script>alert(1)</script> {{7*7}} \\ %s $1 \u202e 🙂\r\nsecond line"
    ticket = await api.submit(message=text, subject="<b>$$ subject", name='Robert"); --')
    shown = await api.client.get(f"/tickets/{ticket['ticket_id']}")
    assert shown.status_code == 404
    assert await api.pool.fetchval("SELECT content FROM messages") == text


async def test_k5_a_form_is_accepted_while_the_broker_is_away(api: Served) -> None:
    assert (await api.client.get("/health")).json()["components"]["kafka"]["status"] == "degraded"
    await api.submit()
    assert await api.pool.fetchval("SELECT state FROM events") == "pending"


async def test_h1_the_order_of_fields_does_not_change_a_repeated_form(api: Served) -> None:
    body: dict[str, Any] = dict(reversed(FORM.items())) | {
        "nested": {"unknown": [1, {"deep": None}]},
        "id": str(new_id()),
    }
    response = await api.client.post(
        PATHS[0], content=json.dumps(body, indent=3), headers={"Content-Type": "application/json; charset=utf-8"}
    )
    assert response.status_code == 201
