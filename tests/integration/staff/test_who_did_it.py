"""H11: replays, exports and erasures carry the name of the staff key, by the calls and by the commands."""

from __future__ import annotations

import httpx

from tests.fixtures.office import BOB, Office


async def dead_letter(office: Office) -> str:
    """A message that failed for good."""
    await office.form("BROKEN, please", retry_s=(0.01,) * 4)
    return str(await office.store.value("SELECT id FROM dead_letters WHERE state = 'dead'"))


async def test_h11_a_replayed_letter_carries_the_name_of_its_key(office: Office, http: httpx.AsyncClient) -> None:
    letter = await dead_letter(office)
    assert (await http.get(f"/dead-letters/{letter}")).json()["replayed_by"] is None
    assert (await http.post(f"/dead-letters/{letter}/replay", headers=BOB)).json()["replayed_by"] == "bob"
    again = await http.post(f"/dead-letters/{letter}/replay")
    assert (again.status_code, again.json()["error"]) == (409, "ALREADY_REPLAYED")
    assert await office.store.value("SELECT replayed_by FROM dead_letters") == "bob"
    [listed] = (await http.get("/dead-letters", params={"state": "replayed"})).json()["dead_letters"]
    assert listed["replayed_by"] == (await http.get(f"/dead-letters/{letter}")).json()["replayed_by"] == "bob"


async def test_h11_a_dead_letter_that_was_not_replayed_carries_no_name(office: Office, http: httpx.AsyncClient) -> None:
    letter = await dead_letter(office)
    conversation_id = await office.store.value("SELECT id FROM conversations")
    assert (await http.post(f"/conversations/{conversation_id}/close")).status_code == 200
    refused = await http.post(f"/dead-letters/{letter}/replay")
    assert (refused.status_code, refused.json()["error"]) == (409, "TICKET_CLOSED")
    assert "write to them yourself" in refused.json()["message"]
    [kept] = await office.store.rows("SELECT state, replayed_by, replayed_at FROM dead_letters")
    assert tuple(kept.values()) == ("dead", None, None)
    assert await office.inbox() == ["dead"]


async def test_h11_an_export_and_an_erasure_carry_the_name_of_their_key(
    office: Office, http: httpx.AsyncClient
) -> None:
    await office.form("How do I export a board?")
    customer = await office.store.value("SELECT id FROM customers")
    assert (await http.get(f"/customers/{customer}/export", headers=BOB)).status_code == 200
    seen = (await http.get(f"/api/v1/customers/{customer}/export")).json()["privacy_actions"]
    assert [(one["actor"], one["action"]) for one in seen] == [("bob", "export")]
    erased = (await http.post(f"/customers/{customer}/erase", headers=BOB)).json()
    assert (await http.post(f"/customers/{customer}/erase")).status_code == 404
    rows = await office.store.rows("SELECT actor, action, counts FROM privacy_actions ORDER BY at, id")
    assert [(row["actor"], row["action"]) for row in rows] == [
        ("bob", "export"),
        ("ann", "export"),
        ("bob", "erase"),
    ]
    assert [row["counts"]["tickets"] for row in rows] == [1, 1, 1]
    assert rows[-1]["counts"] == {kind: count for kind, count in erased.items() if kind != "elsewhere"}
