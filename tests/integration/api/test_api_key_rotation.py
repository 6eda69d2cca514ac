"""SECRET_KEY and staff keys are changed without a dead link and without locking anybody out (runbook)."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from tests.integration.api.serving import BOBS_KEY, SECRET, STAFF_KEY, Served, arguments, running

NEW = SecretStr("another secret of this test")
OLD = SecretStr(f"an-even-older-one {SECRET.replace(' ', '-')}")


async def _seen(api: Served, ticket: dict[str, Any]) -> int:
    opened = await api.client.get(f"/api/v1/tickets/{ticket['ticket_id']}", params={"token": ticket["status_token"]})
    return opened.status_code


async def test_a_link_outlives_its_key_as_long_as_that_is_named(database_url: str) -> None:
    first = SecretStr(SECRET.replace(" ", "-"))
    async with running(arguments(database_url, secret_key=first)) as api:
        before = await api.submit()
    async with running(arguments(database_url, secret_key=NEW, secret_key_previous=OLD)) as api:
        after = await api.submit(email="new@example.com")
        assert [await _seen(api, before), await _seen(api, after)] == [200, 200]
        assert await _seen(api, before | {"ticket_id": after["ticket_id"]}) == 404
    async with running(arguments(database_url, secret_key=NEW)) as api:
        assert [await _seen(api, before), await _seen(api, after)] == [404, 200]


async def test_a_staff_key_is_replaced_while_both_work(database_url: str) -> None:
    new = "the-new-key-of-ann-in-tests"
    keys = {
        "before": f"ann:{STAFF_KEY},bob:{BOBS_KEY}",
        "meanwhile": f"ann:{STAFF_KEY},ann-2:{new},bob:{BOBS_KEY}",
        "after": f"ann-2:{new},bob:{BOBS_KEY}",
    }
    found = {}
    for when, given in keys.items():
        async with running(arguments(database_url, staff_api_key=SecretStr(given))) as api:
            found[when] = [await _allowed(api, key) for key in (STAFF_KEY, new, BOBS_KEY)]
    assert found == {
        "before": [True, False, True],
        "meanwhile": [True, True, True],
        "after": [False, True, True],
    }


async def _allowed(api: Served, key: str) -> bool:
    answer = await api.client.get("/api/v1/dead-letters", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code == 200
