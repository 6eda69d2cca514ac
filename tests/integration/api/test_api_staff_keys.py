"""H11, H12: wrong staff keys are counted by client address, and a desk without a key answers this machine only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from serve_app.api.base.staff_access import FAILED_KEYS, GUESSED
from serve_app.settings.values import RateLimit
from tests.fixtures.waiting import await_room
from tests.integration.api.serving import FORM, STAFF_KEY, Served

LIST = "/api/v1/conversations"
OPERATORS = "operators-of-this-test"
PROXIED = {"trusted_proxies": "127.0.0.1"}


@pytest.fixture(autouse=True)
def _an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window is an hour here, and none ends while a test runs."""
    await_room(3600, room_s=120)
    monkeypatch.setattr("serve_app.api.base.deps.FAILED_KEYS", RateLimit(hits=FAILED_KEYS.hits, seconds=3600))


async def status(api: Served, key: str, address: str = "", path: str = LIST) -> int:
    """Call with a key, forwarded for a client address."""
    headers = {"Authorization": f"Bearer {key}"} | ({"X-Forwarded-For": address} if address else {})
    return (await api.client.get(path, headers=headers)).status_code


async def test_h12_after_ten_wrong_keys_further_ones_are_429_and_a_right_one_passes(serve: Any) -> None:
    async with serve() as api:
        assert [await status(api, f"guess-{n}") for n in range(12)] == [401] * 10 + [429] * 2
        refused = await api.client.get(LIST, headers={"Authorization": "Bearer guess-12"})
        assert (refused.status_code, refused.json()["error"]) == (429, "RATE_LIMITED")
        assert 1 <= int(refused.headers["Retry-After"]) <= 3600
        assert await status(api, STAFF_KEY) == 200
        assert (await api.client.post("/api/v1/support/form", json=FORM)).status_code == 201
        assert (await api.client.get(LIST)).status_code == 401


async def test_h12_a_guesser_does_not_learn_which_key_is_right(serve: Any) -> None:
    async with serve() as api:
        assert {await status(api, f"guess-{n}") for n in range(GUESSED)} == {401, 429}
        answers = [
            await api.client.get(LIST, headers={"Authorization": f"Bearer {key}"}) for key in (STAFF_KEY, "guess-x")
        ]
        assert [answer.status_code for answer in answers] == [429, 429]
        right, wrong = ({**answer.json(), "request_id": ""} for answer in answers)
        assert right == wrong


async def test_h12_the_same_wrong_key_again_is_no_guess(serve: Any) -> None:
    async with serve() as api:
        assert {await status(api, "of-a-page-left-open") for _ in range(GUESSED + 5)} == {401}
        assert await status(api, STAFF_KEY) == 200


async def test_h12_a_right_key_does_not_suffer_from_another_addresss_failures(serve: Any) -> None:
    async with serve(**PROXIED) as api:
        assert {await status(api, f"guess-{n}", "198.51.100.1") for n in range(GUESSED)} == {401, 429}
        assert await status(api, STAFF_KEY, "198.51.100.1") == 429
        assert await status(api, STAFF_KEY, "198.51.100.2") == 200


async def test_h12_right_keys_are_not_counted(serve: Any) -> None:
    async with serve() as api:
        assert {await status(api, STAFF_KEY) for _ in range(30)} == {200}
        assert await api.pool.fetchval("SELECT count(*) FROM rate_limits") == 0


async def test_h12_our_own_commands_go_on_beside_a_guesser(serve: Any) -> None:
    async with serve(operator_token=SecretStr(OPERATORS)) as api:
        assert 429 in [await status(api, f"guess-{n}") for n in range(GUESSED)]
        assert await status(api, STAFF_KEY) == 429
        assert await status(api, OPERATORS) == 200


async def test_h12_a_key_can_be_guessed_at_the_customers_calls_no_faster(serve: Any) -> None:
    async with serve(public_rate_limit="30/minute") as api:
        number = (await api.submit())["ticket_id"]
        path = f"/api/v1/tickets/{number}"
        assert [await status(api, f"guess-{n}", path=path) for n in range(11)] == [404] * 10 + [429]
        assert await status(api, STAFF_KEY, path=path) == 200
        await asyncio.gather(*(status(api, f"guess-{n}", path=path) for n in range(11, GUESSED)))
        assert await status(api, STAFF_KEY, path=path) == 429


async def test_h12_a_burst_of_guesses_gets_no_more_tries(serve: Any) -> None:
    async with serve() as api:
        codes = await asyncio.gather(*(status(api, f"guess-{n}") for n in range(2 * GUESSED)))
        assert codes.count(401) <= FAILED_KEYS.hits
        assert await api.pool.fetchval("SELECT hits FROM rate_limits") == GUESSED
        assert await status(api, STAFF_KEY) == 429


async def test_h12_all_replicas_share_the_count_of_wrong_keys(serve: Any) -> None:
    async with serve() as one, serve() as two:
        codes = [await status(api, f"guess-{n}-{api.url}") for n in range(8) for api in (one, two)]
        assert codes.count(401) <= FAILED_KEYS.hits
        assert codes[-4:] == [429] * 4


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-Host": "support.example.com"},
        {"X-Forwarded-Proto": "https"},
        {"X-Real-IP": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"Origin": "https://evil.example"},
    ],
)
@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
async def test_h11_without_a_key_a_stranger_behind_a_proxy_sees_nothing(
    serve: Any, headers: dict[str, str], trusted: str
) -> None:
    async with serve(staff_api_key=None, trusted_proxies=trusted) as api:
        await api.submit(email="ada@example.com")
        lookup = await api.client.get("/customers/lookup?email=ada@example.com", headers=headers)
        assert (lookup.status_code, lookup.json()["error"]) == (403, "FORBIDDEN")
        assert "Set STAFF_API_KEY" in lookup.json()["message"]
        assert "ada@example.com" not in lookup.text
        assert (await api.client.get("/customers/lookup?email=ada@example.com")).status_code == 200


async def test_h11_without_a_key_and_with_a_public_address_nobody_is_answered(serve: Any) -> None:
    async with serve(staff_api_key=None, public_base_url="https://support.example.com") as api:
        refused = await api.client.get(LIST)
        assert refused.status_code == 403
        assert "PUBLIC_BASE_URL" in refused.json()["message"]


async def test_h11_the_staff_page_works_on_a_fresh_machine(serve: Any) -> None:
    async with serve(staff_api_key=None) as api:
        assert (await api.client.get("/staff")).status_code == 200
        ours = {"Origin": api.url, "Sec-Fetch-Site": "same-origin", "Referer": f"{api.url}/staff"}
        assert (await api.client.get(f"{LIST}?state=handed_over", headers=ours)).status_code == 200
        closed = await api.client.post(f"{LIST}/00000000-0000-0000-0000-000000000000/close", headers=ours)
        assert closed.status_code == 404
        stale = {"Authorization": "Bearer of-another-time"}
        assert {(await api.client.get(LIST, headers=ours | stale)).status_code for _ in range(15)} == {200}
