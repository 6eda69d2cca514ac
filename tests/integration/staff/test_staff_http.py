"""H8, H9, H11: the staff calls over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from serve_app.api.public.status_link import status_token
from tests.fixtures.office import BOB, Office
from tests.integration.api.serving import SECRET

ACTIONS = ("take-over", "reply", "release", "resolve", "close", "approve")
NOBODY = {"Authorization": ""}


async def handed_over(office: Office, text: str = "HANDOVER please") -> str:
    """The id of a conversation that was handed over."""
    await office.form(text)
    found = await office.store.value("SELECT id FROM conversations ORDER BY created_at DESC LIMIT 1")
    return str(found)


async def test_g14_a_hand_over_by_the_staff_calls(office: Office, http: httpx.AsyncClient) -> None:
    conversation_id = await handed_over(office)
    [listed] = (await http.get("/conversations", params={"state": "handed_over"})).json()["conversations"]
    assert (listed["conversation_id"], listed["ticket_status"]) == (conversation_id, "escalated")
    assert (listed["severity"], listed["queue"], listed["escalation_reason"]) == ("medium", "general", "human_request")
    assert (listed["assignee"], listed["late"], listed["last_author"]) == (None, None, "agent")

    shown = (await http.get(f"/api/v1/conversations/{conversation_id}")).json()
    [ticket] = shown["tickets"]
    assert (ticket["summary"], ticket["escalation_reason"]) == ("wants a person", "human_request")
    assert [(m["author"], m["outbox_state"], m["inbox_state"]) for m in shown["messages"]] == [
        ("customer", None, "escalated"),
        ("agent", "ready", None),
    ]
    [decision] = shown["decisions"]
    assert (decision["outcome"], decision["rule"]) == ("escalated", "scripted")

    replied = await http.post(
        f"/conversations/{conversation_id}/reply", json={"text": "This is Ann. All is well again."}
    )
    assert replied.status_code == 201
    assert replied.json()["warnings"] == []
    number = replied.json()["ticket_id"]
    customer = (
        await http.get(f"/support/ticket/{number}", params={"token": status_token(SECRET, number)}, headers=NOBODY)
    ).json()
    answer = customer["responses"][-1]
    assert (answer["author"], answer["text"].split("\n\n")[1]) == ("staff", "This is Ann. All is well again.")
    assert answer["text"].startswith("Hello Ann Lee,")
    assert number in answer["text"].split("\n\n")[2]
    assert customer["status"] == "escalated"

    assert await office.follow_up("Thank you. And my boards?") == "held"
    released = (await http.post(f"/api/v1/conversations/{conversation_id}/release")).json()
    assert (released["owner"], released["assignee"], released["to_answer"], released["unanswered"]) == (
        "agent",
        None,
        1,
        False,
    )
    assert await office.follow_up("Are they safe?") == "answered"
    assert "This is Ann" in office.agent.runs[-1].earlier[-1].content

    shown = (await http.get(f"/conversations/{conversation_id}")).json()
    assert [(a["staff"], a["action"]) for a in shown["actions"]] == [
        ("ann", "take_over"),
        ("ann", "reply"),
        ("ann", "release"),
    ]
    assert [m["staff"] for m in shown["messages"] if m["author"] == "staff"] == ["ann"]


async def test_h11_every_action_carries_the_name_of_its_key(office: Office, http: httpx.AsyncClient) -> None:
    conversation_id = await handed_over(office)
    assert (await http.post(f"/conversations/{conversation_id}/take-over", headers=BOB)).json()["assignee"] == "bob"
    assert (await http.post(f"/conversations/{conversation_id}/resolve")).json()["ticket_status"] == "resolved"
    actors = await office.store.rows("SELECT actor, action FROM staff_actions ORDER BY created_at, id")
    assert [(a["actor"], a["action"]) for a in actors] == [("bob", "take_over"), ("ann", "resolve")]


async def test_h11_without_a_key_nothing_is_shown_or_done(office: Office, http: httpx.AsyncClient) -> None:
    conversation_id = await handed_over(office)
    for path in ("/conversations", f"/conversations/{conversation_id}", "/customers/lookup?email=ann@example.com"):
        assert (await http.get(path, headers=NOBODY)).status_code == 401
    for action in ACTIONS:
        response = await http.post(f"/conversations/{conversation_id}/{action}", json={"text": "x"}, headers=NOBODY)
        assert (response.status_code, response.json()["error"]) == (401, "UNAUTHORIZED")
    assert await office.store.value("SELECT count(*) FROM staff_actions") == 0


async def test_h8_an_unknown_conversation_is_404_and_a_malformed_id_400(http: httpx.AsyncClient) -> None:
    for action in ACTIONS:
        assert (await http.post(f"/conversations/{uuid4()}/{action}", json={"text": "x"})).status_code == 404
        assert (await http.post(f"/conversations/TKT-1/{action}", json={"text": "x"})).status_code == 400
    assert (await http.get(f"/conversations/{uuid4()}")).status_code == 404
    assert (await http.get("/conversations/nonsense")).json()["details"][0]["field"] == "conversation_id"


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": " "}, {"text": "a\0"}, {"text": "x" * 10_001}, {"text": 5}]
)
async def test_h8_a_bad_reply_is_400_and_nothing_is_sent(
    office: Office, http: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    conversation_id = await handed_over(office)
    response = await http.post(f"/conversations/{conversation_id}/reply", json=body)
    assert (response.status_code, response.json()["details"][0]["field"]) == (400, "text")
    assert await office.store.value("SELECT count(*) FROM staff_actions") == 0


async def test_h8_a_repeated_idempotency_key_gets_the_same_answer(office: Office, http: httpx.AsyncClient) -> None:
    conversation_id = await handed_over(office)

    async def reply(text: str) -> httpx.Response:
        return await http.post(
            f"/conversations/{conversation_id}/reply", json={"text": text}, headers={"Idempotency-Key": "k1"}
        )

    first, again = await reply("It costs 5 dollars"), await reply("It costs 5 dollars")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert {warning["code"] for warning in first.json()["warnings"]} == {"guard"}
    other = await reply("Something else")
    assert (other.status_code, other.json()["error"]) == (409, "IDEMPOTENCY_KEY_REUSED")


async def test_h8_an_action_that_is_not_legal_now_is_409_with_what_to_do(
    office: Office, http: httpx.AsyncClient
) -> None:
    conversation_id = await handed_over(office)
    assert (await http.post(f"/conversations/{conversation_id}/approve")).json()["error"] == "NOT_NOW"
    assert (await http.post(f"/conversations/{conversation_id}/close")).json()["status"] == "closed"
    for action in ACTIONS:
        response = await http.post(f"/conversations/{conversation_id}/{action}", json={"text": "x"})
        assert (response.status_code, response.json()["error"]) == (409, "NOT_NOW")


async def test_g14_a_draft_is_shown_and_approved(office: Office, http: httpx.AsyncClient) -> None:
    await office.form("How do I export a board?", approval=True)
    [listed] = (await http.get("/conversations", params={"state": "drafts"})).json()["conversations"]
    path = f"/conversations/{listed['conversation_id']}"
    [draft] = (await http.get(path)).json()["drafts"]
    assert draft["text"].startswith("About: How do I export")
    approved = await http.post(f"{path}/approve", json={"draft_id": draft["draft_id"]})
    assert approved.status_code == 200
    [message] = [m for m in (await http.get(path)).json()["messages"] if m["author"] == "agent"]
    assert (message["message_id"], message["staff"]) == (approved.json()["message_id"], "ann")
    assert (await http.get("/conversations", params={"state": "drafts"})).json()["conversations"] == []


@pytest.mark.parametrize("text", [None, "Open the menu."])
async def test_h8_an_approval_whose_response_was_lost_can_be_repeated(
    office: Office, http: httpx.AsyncClient, text: str | None
) -> None:
    for question in ("How do I export a board?", "How do I delete a board?"):
        await office.form(question, approval=True)
    [conversation_id, other] = [
        row["id"] for row in await office.store.rows("SELECT id FROM conversations ORDER BY created_at")
    ]
    [draft] = (await http.get(f"/conversations/{conversation_id}")).json()["drafts"]
    wanted = {"draft_id": draft["draft_id"]} | ({} if text is None else {"text": text})

    async def approve(key: str, body: dict[str, Any], where: object = conversation_id) -> httpx.Response:
        return await http.post(f"/conversations/{where}/approve", json=body, headers={"Idempotency-Key": key})

    first, again = await approve("k1", wanted), await approve("k1", wanted)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert await office.store.value("SELECT count(*) FROM staff_actions WHERE action = 'approve'") == 1
    for another in (wanted | {"text": "Something else"}, wanted | {"draft_id": str(uuid4())}):
        refused = await approve("k1", another)
        assert (refused.status_code, refused.json()["error"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert (await approve("k2", wanted)).json()["error"] == "NOT_NOW"
    assert (await approve("k1", {}, other)).status_code == 200


async def test_h8_lists_are_ordered_by_urgency_and_paged(office: Office, http: httpx.AsyncClient) -> None:
    conversation_ids = [await handed_over(office, f"HANDOVER number {n}") for n in range(5)]
    for conversation_id, severity in zip(
        conversation_ids, ("low", "critical", "medium", "critical", "high"), strict=True
    ):
        await office.store.execute(
            "UPDATE tickets SET severity = $2 WHERE conversation_id = $1", conversation_id, severity
        )
    await office.store.execute(
        "UPDATE hand_overs SET started_at = now() - interval '1 hour' WHERE conversation_id = $1", conversation_ids[3]
    )
    expected = [conversation_ids[3], conversation_ids[1], conversation_ids[4], conversation_ids[2], conversation_ids[0]]
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await http.get("/conversations", params={"limit": 2, **after})).json()
        seen += [one["conversation_id"] for one in page["conversations"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == expected


async def test_h8_every_conversation_is_in_one_list(office: Office, http: httpx.AsyncClient) -> None:
    conversation_ids = {
        state: await handed_over(office, f"HANDOVER {state}") for state in ("handed_over", "resolved", "closed")
    }
    await http.post(f"/conversations/{conversation_ids['resolved']}/resolve")
    await http.post(f"/conversations/{conversation_ids['closed']}/close")
    answered = await handed_over(office, "How do I export a board?")
    lists = {}
    for state in ("handed_over", "agent", "closed"):
        found = (await http.get("/conversations", params={"state": state})).json()["conversations"]
        lists[state] = {one["conversation_id"] for one in found}
    assert lists == {
        "handed_over": {conversation_ids["handed_over"]},
        "agent": {answered},
        "closed": {conversation_ids["resolved"], conversation_ids["closed"]},
    }
    assert (await http.get("/conversations", params={"state": "everything"})).status_code == 400


async def test_h9_a_customer_is_shown_with_identifiers_and_history(office: Office, http: httpx.AsyncClient) -> None:
    await office.store.form("How do I export?", phone="+441632960123")
    await office.store.form("Somebody else", email="bo@example.com", phone="+441632960123")
    found = (await http.get("/customers/lookup", params={"email": "ANN@example.com "})).json()
    assert [(i["type"], i["value"], i["tier"], i["claimed"]) for i in found["identifiers"]] == [
        ("email", "ann@example.com", 0, True),
        ("phone", "+441632960123", 0, True),
    ]
    assert [(t["ticket_id"], t["claimed"]) for t in found["tickets"]] == [("TKT-0001", True)]
    by_phone = (await http.get("/api/v1/customers/lookup", params={"phone": "+44 1632 960123"})).json()
    assert len({by_phone["customer_id"], *by_phone["others"]}) == 2
    both = {"email": "bo@example.com", "phone": "+441632960123"}
    assert (await http.get("/customers/lookup", params=both)).json()["name"] == "Ann Lee"
    assert (await http.get("/customers/lookup", params=both | {"email": "no@example.com"})).status_code == 404


async def test_h9_a_number_finds_its_verified_customer_before_claims(office: Office, http: httpx.AsyncClient) -> None:
    await office.store.form("How do I export?", phone="+491701234567")
    await office.chat("Hello", sid="SM1")
    found = (await http.get("/customers/lookup", params={"phone": "+491701234567"})).json()
    assert [(i["type"], i["tier"], i["claimed"]) for i in found["identifiers"]] == [("whatsapp", 1, False)]
    assert [t["claimed"] for t in found["tickets"]] == [False]
    assert len(found["others"]) == 1


async def test_h9_a_merged_customer_is_one(office: Office, http: httpx.AsyncClient) -> None:
    await office.store.form("One")
    await office.store.form("Two", email="ann.lee@example.org")
    await office.store.execute(
        "UPDATE customers SET merged_into = (SELECT id FROM customers WHERE filing_key = 'email:ann@example.com')"
        " WHERE filing_key = 'email:ann.lee@example.org'"
    )
    found = [
        (await http.get("/customers/lookup", params={"email": email})).json()
        for email in ("ann@example.com", "ann.lee@example.org")
    ]
    assert found[0] == found[1]
    assert len(found[0]["tickets"]) == len(found[0]["identifiers"]) == 2


@pytest.mark.parametrize("query", ["", "email=", "email=nonsense", "phone=12", "phone=+1"])
async def test_h9_a_search_without_an_identifier_is_400(http: httpx.AsyncClient, query: str) -> None:
    response = await http.get(f"/customers/lookup?{query}")
    assert (response.status_code, response.json()["error"]) == (400, "VALIDATION_ERROR")
