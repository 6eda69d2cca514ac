"""H11, issue 13: signing in by a provider of identities, a process of its own behind a real library."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from serve_app.settings.login import LoginArgs
from tests.fixtures.identity_provider import CLIENT_ID, CLIENT_SECRET, Identities, identities
from tests.fixtures.node import node
from tests.fixtures.office import ANN, Office
from tests.fixtures.ports import free_port
from tests.integration.api.serving import Served, arguments, running

DESK = {"X-Nightdesk-Desk": "1"}
PORT = free_port()
HOME = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def provider() -> Iterator[Identities]:
    with identities(f"{HOME}/api/v1/staff/sign-in/callback") as running_provider:
        yield running_provider


def login(provider: Identities, **changes: Any) -> LoginArgs:
    standard: dict[str, Any] = {
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": SecretStr(CLIENT_SECRET),
        "allowed": ("ann@example.com", "@team.example.com"),
    }
    return LoginArgs(**standard | changes)


@asynccontextmanager
async def desk(database_url: str, rule: LoginArgs, **changes: Any) -> AsyncIterator[Served]:
    args = arguments(database_url, login=rule, public_base_url=HOME, **changes)
    async with running(args, port=PORT) as api:
        yield api


async def answer_of_provider(api: Served, address: str) -> str:
    """Go to the provider as a browser does and sign in there; returns where it sends the browser back to."""
    started = await api.client.get("/api/v1/staff/sign-in/start")
    assert started.status_code == 303
    asked = started.headers["location"]
    await api.client.get(asked)
    answered = await api.client.post(asked, data={"address": address})
    assert answered.status_code == 302
    return str(answered.headers["location"])


async def sign_in(api: Served, address: str = "ann@example.com") -> str:
    """Sign in from the first call to the last; returns the page that the browser ends at."""
    done = await api.client.get(await answer_of_provider(api, address))
    assert done.status_code == 303
    return str(done.headers["location"])


async def who(api: Served) -> str:
    """The name that the desk knows the caller by, '' for nobody."""
    answer = await api.client.get("/api/v1/staff/session")
    return str(answer.json()["name"]) if answer.status_code == 200 else ""


async def test_h11_a_person_signs_in_by_the_provider_and_acts_under_their_address(
    provider: Identities, office: Office, database_url: str
) -> None:
    provider.order()
    await office.form("HANDOVER please")
    conversation = (await office.conversation())["id"]
    async with desk(database_url, login(provider)) as api:
        assert await who(api) == ""
        ways = (await api.client.get("/api/v1/staff/sign-in")).json()
        assert ways == {"provider": f"{HOME}/api/v1/staff/sign-in/start"}
        assert await sign_in(api) == "/staff"
        assert await who(api) == "ann@example.com"
        cookies = {cookie.name: cookie for cookie in api.client.cookies.jar}
        assert cookies.keys() == {"nightdesk_staff"}
        assert cookies["nightdesk_staff"].has_nonstandard_attr("HttpOnly")

        version = (await api.client.get(f"/api/v1/conversations/{conversation}")).json()["version"]
        path = f"/api/v1/conversations/{conversation}/take-over"
        assert (await api.client.post(path, headers={"If-Match": f'"{version}"'})).status_code == 403  # another page's
        taken = await api.client.post(path, headers={"If-Match": f'"{version}"', **DESK})
        assert taken.json()["assignee"] == "ann@example.com"
        assert (await api.client.get("/api/v1/staff/session", headers=ANN)).json()["by"] == "key"
        await api.client.delete("/api/v1/staff/session", headers=DESK)
        assert await who(api) == ""
    assert provider.journal("asked")[-1]["code_challenge_method"] == "S256"
    assert provider.journal("token")[-1] == {"what": "token", "status": 200, "verifier": True}


def now(seconds: int) -> int:
    return int(time.time()) + seconds


async def test_h11_only_a_token_that_proves_the_person_to_this_desk_opens_it(
    provider: Identities, office: Office, database_url: str
) -> None:
    faults: list[dict[str, Any]] = [
        {"claims": {"nonce": "of another attempt"}},
        {"claims": {"nonce": None}},
        {"claims": {"iss": "http://another.example.com"}},
        {"claims": {"aud": ["another-client"]}},
        {"claims": {"aud": ["another-client", CLIENT_ID]}},
        {"claims": {"azp": "another-client"}},
        {"claims": {"exp": now(-3600)}},
        {"claims": {"iat": now(3600)}},
        {"claims": {"exp": None}},
        {"claims": {"sub": None}},
        {"claims": {"at_hash": "of-another-token"}},
        {"alg": "none"},
        {"alg": "HS256"},
        {"key": "strange"},
    ]
    async with desk(database_url, login(provider), public_rate_limit="off") as api:
        for fault in faults:
            provider.order(**fault)
            assert (await sign_in(api), await who(api)) == ("/staff?sign-in=failed", ""), fault
        # A provider's clock may be a little behind ours, and it may sign by a new key.
        provider.order(claims={"exp": now(-20)})
        assert (await sign_in(api), await who(api)) == ("/staff", "ann@example.com")


async def test_h11_who_may_work_at_the_desk_is_on_its_list_by_a_proved_address_or_in_a_group(
    provider: Identities, office: Office, database_url: str
) -> None:
    async with desk(database_url, login(provider, groups=("support",), groups_claim="roles")) as api:
        for address, orders, name in (
            ("ANN@example.com", {}, "ann@example.com"),
            ("new@team.example.com", {}, "new@team.example.com"),
            ("eve@evil-team.example.com", {}, ""),
            ("eve@team.example.com.evil.org", {}, ""),
            ("ann@example.com", {"claims": {"email_verified": False}}, ""),
            ("ann@example.com", {"claims": {"email_verified": "true"}}, ""),
            ("ann@example.com", {"claims": {"email": None}}, ""),
            ("bob@partner.org", {"claims": {"roles": ["sales", "support"]}}, "bob@partner.org"),
            ("bob@partner.org", {"claims": {"roles": "supporters"}}, ""),
            ("bob@x.org", {"claims": {"roles": ["support"], "email_verified": None}}, "oidc:sub-of-bob@x.org"),
        ):  # fmt: skip
            api.client.cookies.clear()
            provider.order(**orders)
            assert (await sign_in(api, address), await who(api)) == (
                "/staff" if name else "/staff?sign-in=refused",
                name,
            ), (address, orders)


async def test_h11_an_attempt_counts_once_and_in_its_own_browser(
    provider: Identities, office: Office, database_url: str
) -> None:
    provider.order()
    async with desk(database_url, login(provider)) as api:
        back = await answer_of_provider(api, "ann@example.com")
        async with httpx.AsyncClient(base_url=api.url) as other:  # somebody is lured to the answer of another's attempt
            lured = await other.get(back)
            assert lured.headers["location"] == "/staff?sign-in=old"
            assert "nightdesk_staff" not in lured.cookies
        swapped = back.replace("state=", "state=x")
        assert (await api.client.get(swapped)).headers["location"] == "/staff?sign-in=old"
        assert (await api.client.get(back)).headers["location"] == "/staff?sign-in=old"  # the attempt is over by then
        assert await who(api) == ""

        mixed_up = f"{await answer_of_provider(api, 'ann@example.com')}&iss=http://another.example.com"
        assert (await api.client.get(mixed_up)).headers["location"] == "/staff?sign-in=failed"
        started = (await api.client.get("/api/v1/staff/sign-in/start")).headers["location"]
        denied = (await api.client.post(started, data={"deny": "yes"})).headers["location"]
        assert "error=access_denied" in denied
        assert (await api.client.get(denied)).headers["location"] == "/staff?sign-in=cancelled"
        assert await sign_in(api) == "/staff"


async def test_h11_a_session_ends_with_the_rule_that_opened_it(
    provider: Identities, office: Office, database_url: str
) -> None:
    provider.order()
    async with desk(database_url, login(provider)) as api:
        assert await sign_in(api) == "/staff"
        session = api.client.cookies["nightdesk_staff"]
    cookie = {"Cookie": f"nightdesk_staff={session}"}
    for rule, name in ((login(provider), "ann@example.com"), (login(provider, allowed=("bob@example.com",)), "")):
        async with desk(database_url, rule) as api:
            answer = await api.client.get("/api/v1/staff/session", headers=cookie)
            assert answer.json().get("name", "") == name


async def test_h11_a_provider_that_is_away_is_told_and_without_one_only_keys_open_the_desk(
    provider: Identities, office: Office, database_url: str
) -> None:
    nowhere = login(provider, issuer=f"http://127.0.0.1:{free_port()}")
    async with desk(database_url, nowhere, staff_api_key=None) as api:
        started = await api.client.get("/api/v1/staff/sign-in/start")
        assert urlsplit(started.headers["location"]).query == "sign-in=away"
        # With a provider even a call of this machine needs a key or a session.
        assert (await api.client.get("/api/v1/conversations")).status_code == 401
    async with running(arguments(database_url)) as api:
        assert (await api.client.get("/api/v1/staff/sign-in")).json() == {"provider": None}
        assert (await api.client.get("/api/v1/staff/sign-in/start")).status_code == 404


@pytest.mark.timeout(300)
async def test_h11_signing_in_at_the_page_by_keyboard(provider: Identities, office: Office, database_url: str) -> None:
    provider.order()
    async with desk(database_url, login(provider)) as api:
        done = await asyncio.to_thread(node, "e2e/sign-in.mjs", api.url)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
