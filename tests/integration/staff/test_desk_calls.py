"""H11: what the desk's page calls: sessions, versions, search, who is looking, news."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from db.pool import acquire
from db.staff import presence
from db.staff.presence import DeskState
from serve_app.api.staff import desk_feed
from serve_app.api.staff.desk_feed import DeskFeed
from tests.fixtures.office import BOB, Office
from tests.integration.api.serving import BOBS_KEY, STAFF_KEY, arguments, running

LIST = "/api/v1/conversations"
DESK = {"X-Nightdesk-Desk": "1"}
NEW_KEY = "anns-key-after-the-change"


async def handed_over(office: Office, text: str = "HANDOVER please") -> str:
    """The path of a conversation that was handed over."""
    await office.form(text)
    return f"{LIST}/{await office.store.value('SELECT id FROM conversations ORDER BY created_at DESC LIMIT 1')}"


async def version(http: httpx.AsyncClient, path: str) -> dict[str, str]:
    """The header that names the conversation as it is now."""
    return {"If-Match": f'"{(await http.get(path)).json()["version"]}"'}


async def test_h11_a_session_acts_from_its_own_page_only_and_ends_with_its_key(
    office: Office, database_url: str
) -> None:
    path = await handed_over(office)
    async with running(arguments(database_url)) as api:
        client = api.client
        signed_in = await client.post("/api/v1/staff/session", headers={"Authorization": f"Bearer {STAFF_KEY}"})
        assert signed_in.json() == {"name": "ann", "by": "session"}
        assert {"HttpOnly", "SameSite=strict"} <= set(signed_in.headers["Set-Cookie"].split("; "))
        assert (await client.get("/api/v1/staff/session")).json() == {"name": "ann", "by": "session"}
        seen = await version(client, path)
        take_over = f"{path}/take-over"
        assert (await client.post(take_over, headers=seen)).status_code == 403
        assert (
            await client.post(take_over, headers={**seen, **DESK, "Origin": "https://evil.example"})
        ).status_code == 403
        unseen = await client.post(take_over, headers=DESK)
        assert (unseen.status_code, unseen.json()["details"][0]["field"]) == (400, "If-Match")
        assert await office.store.value("SELECT count(*) FROM staff_actions") == 0
        ours = {**seen, **DESK, "Origin": api.url}
        assert (await client.post(take_over, headers=ours)).json()["assignee"] == "ann"
        cookie = client.cookies["nightdesk_staff"]
        bobs = {"Cookie": f"nightdesk_staff=bob.{cookie.split('.', 1)[1]}"}
        client.cookies.clear()
        assert (await client.get(LIST, headers=bobs)).status_code == 401
        assert (await client.get(LIST, headers={"Cookie": f"nightdesk_staff={cookie}"})).status_code == 200
    async with running(arguments(database_url, staff_api_key=SecretStr(f"ann:{NEW_KEY}"))) as api:
        assert (await api.client.get(LIST, headers={"Cookie": f"nightdesk_staff={cookie}"})).status_code == 401


async def test_h11_an_action_on_what_has_changed_is_409_and_names_the_change(
    office: Office, http: httpx.AsyncClient
) -> None:
    path = await handed_over(office)
    seen = await version(http, path)
    assert (await http.post(f"{path}/reply", json={"text": "I am Bob."}, headers=BOB)).status_code == 201
    for action in ("take-over", "reply", "release", "resolve", "close", "approve", "label"):
        body = {"text": "I am Ann.", "category": "billing"}
        refused = await http.post(f"{path}/{action}", json=body, headers=seen)
        assert (refused.status_code, refused.json()["error"]) == (409, "CHANGED")
        assert refused.json()["message"].startswith("bob replied since you looked")
    key = {"Idempotency-Key": "k"}
    seen = await version(http, path)
    first = await http.post(f"{path}/reply", json={"text": "I am Ann."}, headers={**seen, **key})
    again = await http.post(f"{path}/reply", json={"text": "I am Ann."}, headers={**seen, **key})
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    seen = await version(http, path)
    await office.follow_up("And another thing")
    refused = await http.post(f"{path}/resolve", headers=seen)
    assert refused.json()["message"].startswith("The customer wrote since you looked")


async def test_h11_of_two_at_once_one_acts(office: Office, http: httpx.AsyncClient) -> None:
    path = await handed_over(office)
    seen = await version(http, path)
    answers = await asyncio.gather(
        *(
            http.post(f"{path}/reply", json={"text": f"Answer {n}"}, headers={**seen, **(BOB if n % 2 else {})})
            for n in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert await office.store.value("SELECT count(*) FROM messages WHERE author = 'staff'") == 1


async def test_h8_lists_are_narrowed_and_searched(office: Office, http: httpx.AsyncClient) -> None:
    paths = [await handed_over(office, f"HANDOVER about {word}") for word in ("giraffes", "zebras", "zebra crossings")]
    await http.post(f"{paths[0]}/take-over")
    await http.post(f"{paths[1]}/label", json={"category": "billing"})
    await http.post(f"{paths[2]}/take-over", headers=BOB)
    await http.post(f"{paths[2]}/close", headers=BOB)
    ids = {path.rsplit("/", 1)[1]: n for n, path in enumerate(paths)}

    async def numbers(**asked: Any) -> list[int]:
        answer = await http.get(LIST, params=asked)
        assert answer.status_code == 200, answer.text
        return [ids[one["conversation_id"]] for one in answer.json()["conversations"]]

    assert await numbers(assignee="me") == await numbers(assignee="ann") == [0]
    assert await numbers(assignee="nobody") == [1]
    assert await numbers(queue="legal") == []
    assert set(await numbers(channel="web_form", severity="medium")) == {0, 1}
    assert set(await numbers(search="zebr")) == {1, 2}
    assert await numbers(search="zebras about") == [1]
    assert await numbers(search="zebra", assignee="bob") == [2]
    assert await numbers(search="TKT-0001") == await numbers(search="1") == [0]
    assert set(await numbers(search="ANN@exam")) == {0, 1, 2}
    assert await numbers(search="100% 'or' \\ _x") == []
    assert (await http.get(LIST, params={"search": "a\0"})).status_code == 400
    first = (await http.get(LIST, params={"search": "handover", "limit": 2})).json()
    rest = (await http.get(LIST, params={"search": "handover", "limit": 2, "after": first["next"]})).json()
    listed = [ids[one["conversation_id"]] for one in first["conversations"] + rest["conversations"]]
    assert sorted(listed) == [0, 1, 2]


async def test_h9_a_customers_card_and_thread_go_over_all_channels(office: Office, http: httpx.AsyncClient) -> None:
    path = await handed_over(office, "HANDOVER by form")
    customer_id = (await http.get(path)).json()["customer_id"]
    card = (await http.get(f"/api/v1/customers/{customer_id}")).json()
    assert (card["customer_id"], len(card["tickets"])) == (customer_id, 1)
    await handed_over(office, "HANDOVER once more")
    page = (await http.get(f"/api/v1/customers/{customer_id}/messages", params={"limit": 3})).json()
    rest = (await http.get(f"/api/v1/customers/{customer_id}/messages", params={"after": page["next"]})).json()
    texts = [message["text"] for message in page["messages"] + rest["messages"] if message["direction"] == "inbound"]
    assert [text.strip(".") for text in texts] == ["HANDOVER once more", "HANDOVER by form"]
    assert {message["claimed"] for message in page["messages"]} == {True}


async def test_h11_colleagues_see_who_is_looking(office: Office, http: httpx.AsyncClient) -> None:
    path = await handed_over(office)
    assert (await http.post(f"{path}/presence", json={"writing": True}, headers=BOB)).status_code == 204
    assert (await http.get(path)).json()["looking"] == ["bob"]
    async with acquire(office.store.pool) as connection:
        [looking] = (await presence.desk_state(connection)).looking
    assert (looking.name, looking.writing) == ("bob", True)
    await office.store.execute("UPDATE staff_presence SET seen_at = seen_at - interval '1 minute'")
    assert (await http.get(path)).json()["looking"] == []
    await http.post(f"{path}/presence", json={}, headers=BOB)
    assert (await http.delete("/api/v1/staff/presence", headers=BOB)).status_code == 204
    assert await office.store.value("SELECT count(*) FROM staff_presence") == 0


async def test_h11_one_statement_tells_all_pages(
    office: Office, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, reading = 0, 0
    most_at_once = 0

    async def counted(connection: Any) -> DeskState:
        nonlocal reads, reading, most_at_once
        reads, reading = reads + 1, reading + 1
        most_at_once = max(most_at_once, reading)
        state = await presence.desk_state(connection)
        reading -= 1
        return state

    monkeypatch.setattr(desk_feed, "desk_state", counted)
    feed = DeskFeed(office.store.pool, every_s=0.05)
    before = asyncio.Event()

    async def told() -> int:
        """Listen until a hand-over is told; return how many there were at first."""
        first: int | None = None
        async for event in feed.listen(life_s=90):
            if not event.startswith(b"event: desk"):
                continue
            state = json.loads(event.split(b"data: ", 1)[1])
            first = state["handed_over"] if first is None else first
            before.set()
            if state["handed_over"] > first:
                break
        assert first is not None
        return first

    pages = [asyncio.create_task(told()) for _ in range(20)]
    await before.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    await handed_over(office)
    assert await asyncio.gather(*pages) == [0] * 20
    assert most_at_once == 1
    seen = reads
    assert feed._reader is not None
    await feed._reader
    assert reads <= seen + 1

    stream = await http.get("/api/v1/staff/events", headers={"Authorization": f"Bearer {BOBS_KEY}x"})
    assert stream.status_code == 401
    async with http.stream("GET", "/api/v1/staff/events") as news:
        assert news.headers["Content-Type"].startswith("text/event-stream")
        async for line in news.aiter_lines():
            if line.startswith("data: "):
                assert json.loads(line.removeprefix("data: "))["unassigned"] == 1
                break
