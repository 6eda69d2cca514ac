"""H11, K4: dead letters are listed, looked at and replayed, by the staff only."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from db.operations import dead_letters
from ingest.events import DLQ, INCOMING
from tests.integration.api.serving import STAFF_KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}


async def dead_letter(api: Served, value: bytes, *, offset: int = 1) -> None:
    """File a record of the log, as the ingest node does."""
    async with api.pool.acquire() as database:
        await dead_letters.dead_letter(
            database, topic=INCOMING, partition=0, offset=offset, key="web:ada@example.com", value=value,
            cause="InvalidMessageError: no JSON", announce_on=DLQ,
        )  # fmt: skip


async def letters(api: Served, **query: str) -> list[dict[str, Any]]:
    """What the list says."""
    answer = await api.client.get("/api/v1/dead-letters", headers=STAFF, params=query)
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()["dead_letters"]
    return listed


async def test_h11_a_dead_letter_is_listed_with_its_cause_and_without_content(api: Served) -> None:
    await dead_letter(api, b"{my number is 12345")
    [letter] = await letters(api)
    assert (letter["topic"], letter["cause"], letter["state"]) == (INCOMING, "InvalidMessageError: no JSON", "dead")
    assert "12345" not in str(letter)


async def test_h11_one_letter_shows_its_content(api: Served) -> None:
    await dead_letter(api, b"{my number is \xff12345")
    [letter] = await letters(api)
    answer = await api.client.get(f"/dead-letters/{letter['id']}", headers=STAFF)
    assert answer.json()["content"] == "{my number is \ufffd12345"
    assert answer.json()["key"] == "web:ada@example.com"


async def test_h11_a_replayed_record_is_on_its_way_byte_for_byte_and_once(api: Served) -> None:
    await dead_letter(api, b"\xff\x00raw")
    [letter] = await letters(api)
    path = f"/api/v1/dead-letters/{letter['id']}/replay"
    first, second = await api.client.post(path, headers=STAFF), await api.client.post(path, headers=STAFF)
    assert (first.status_code, first.json()["state"], first.json()["replayed_by"]) == (200, "replayed", "ann")
    assert (second.status_code, second.json()["error"]) == (409, "ALREADY_REPLAYED")
    waiting = await api.pool.fetch("SELECT value, key FROM events WHERE topic = $1", INCOMING)
    assert [tuple(row) for row in waiting] == [("/wByYXc=", "web:ada@example.com")]
    assert await letters(api) == []
    assert [one["id"] for one in await letters(api, state="replayed")] == [letter["id"]]
    assert len(await letters(api, state="all")) == 1


@pytest.mark.parametrize("call", [("GET", ""), ("POST", "/replay")])
async def test_h11_an_unknown_letter_is_404_and_no_id_is_400(api: Served, call: tuple[str, str]) -> None:
    method, rest = call
    unknown = await api.client.request(method, f"/dead-letters/{uuid4()}{rest}", headers=STAFF)
    malformed = await api.client.request(method, f"/dead-letters/seven{rest}", headers=STAFF)
    assert (unknown.status_code, malformed.status_code) == (404, 400)


async def test_h11_dead_letters_are_for_the_staff(api: Served) -> None:
    await dead_letter(api, b"x")
    [letter] = await letters(api)
    for method, path in (("GET", ""), ("GET", f"/{letter['id']}"), ("POST", f"/{letter['id']}/replay")):
        assert (await api.client.request(method, f"/dead-letters{path}")).status_code == 401
    assert [one["state"] for one in await letters(api)] == ["dead"]
