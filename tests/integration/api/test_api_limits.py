"""H12, T-S8: how often one address may call, whatever replica it meets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.waiting import await_room
from tests.integration.api.serving import FORM, STAFF_KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBMIT = "/api/v1/support/form"


@pytest.fixture(autouse=True)
def _room() -> None:
    """No test sees the end of an hour, at which the counts begin anew."""
    await_room(3600, room_s=120)


@pytest.fixture
def a_minute() -> None:
    """Most of a minute, for what is counted by the minute."""
    await_room(60, room_s=40)


async def submit_from(api: Served, forwarded: str) -> int:
    """Send a form with this X-Forwarded-For and return the status."""
    return (await api.client.post(SUBMIT, json=FORM, headers={"X-Forwarded-For": forwarded})).status_code


async def test_h12_forms_beyond_the_limit_are_429_with_retry_after(serve: Any) -> None:
    async with serve(public_rate_limit="5/hour") as api:
        codes = [(await api.client.post(SUBMIT, json=FORM)).status_code for _ in range(7)]
        refused = await api.client.post("/support/submit", json=FORM)
        assert codes == [201] * 5 + [429] * 2
        assert refused.json()["error"] == "RATE_LIMITED"
        assert 1 <= int(refused.headers["Retry-After"]) <= 3600
        assert await api.pool.fetchval("SELECT count(*) FROM tickets") == 5


async def test_h12_refused_forms_do_not_count(serve: Any) -> None:
    async with serve(public_rate_limit="2/hour") as api:
        for _ in range(5):
            assert (await api.client.post(SUBMIT, json={})).status_code == 400
        assert (await api.client.post(SUBMIT, json=FORM)).status_code == 201


async def test_h12_all_replicas_share_one_count(serve: Any) -> None:
    async with serve(public_rate_limit="3/hour") as one, serve(public_rate_limit="3/hour") as two:
        codes = [(await api.client.post(SUBMIT, json=FORM)).status_code for api in (one, two) * 3]
        assert codes == [201] * 3 + [429] * 3


async def test_h12_a_window_ends(serve: Any) -> None:
    async with serve(public_rate_limit="1/hour") as api:
        assert [(await api.client.post(SUBMIT, json=FORM)).status_code for _ in range(2)] == [201, 429]
        await api.pool.execute("UPDATE rate_limits SET window_start = window_start - interval '1 hour'")
        assert (await api.client.post(SUBMIT, json=FORM)).status_code == 201


async def test_h12_nobody_but_a_trusted_proxy_may_name_the_client(serve: Any) -> None:
    async with serve(public_rate_limit="2/hour") as api:
        assert [await submit_from(api, f"198.51.100.{n}") for n in range(4)] == [201, 201, 429, 429]


async def test_h12_behind_a_trusted_proxy_each_client_has_its_own_count(serve: Any) -> None:
    async with serve(public_rate_limit="1/hour", trusted_proxies="127.0.0.1, 10.0.0.0/8") as api:
        assert [await submit_from(api, f"198.51.100.{n}") for n in (1, 2, 1)] == [201, 201, 429]
        # What the client wrote itself stands to the left of what the proxies saw.
        assert await submit_from(api, "203.0.113.9, 198.51.100.1, 10.1.2.3") == 429
        assert await submit_from(api, "203.0.113.9") == 201


@pytest.mark.usefixtures("a_minute")
async def test_h12_guesses_at_tickets_are_limited_even_without_a_limit_of_forms(api: Served) -> None:
    ticket = await api.submit()
    codes = [
        (await api.client.get(f"/api/v1/tickets/TKT-{n:04}", params={"token": "guess"})).status_code for n in range(125)
    ]
    assert codes == [404] * 120 + [429] * 5
    reply = await api.client.post("/api/v1/tickets/TKT-0001/messages?token=guess", json={"message": "x"})
    assert reply.status_code == 429
    url = f"/api/v1/tickets/{ticket['ticket_id']}"
    assert (await api.client.get(url, params={"token": ticket["status_token"]})).status_code == 200
    assert (await api.client.get(url, headers={"Authorization": f"Bearer {STAFF_KEY}"})).status_code == 200


@pytest.mark.usefixtures("a_minute")
async def test_h12_look_ups_are_limited_and_staff_are_not(serve: Any) -> None:
    async with serve(public_rate_limit="30/minute") as api:
        ticket = await api.submit()
        url, query = f"/support/ticket/{ticket['ticket_id']}", {"token": ticket["status_token"]}
        responses = [await api.client.get(url, params=query) for _ in range(121)]
        assert [response.status_code for response in responses] == [200] * 120 + [429]
        assert 1 <= int(responses[-1].headers["Retry-After"]) <= 60
        staff = {"Authorization": f"Bearer {STAFF_KEY}"}
        assert (await api.client.get(url, headers=staff)).status_code == 200
