"""Pushes: only those that Google signed count, and mails without a push are found by polling."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr

from evaluation.providers.control_client import ControlClient
from evaluation.providers.gmail import GmailOptions, gmail_app
from evaluation.providers.journal import Kind
from evaluation.providers.serving import serve_in_thread
from evaluation.providers.shared_state import SharedState
from serve_app.settings.channels import GmailArgs
from tests.fixtures.mail_channel import ADDRESS, Post
from tests.fixtures.ports import free_port
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually
from tests.integration.api.serving import Served, arguments, running

PATH = "/webhooks/gmail"


def gmail_args(options: GmailOptions, base_url: str, **changes: Any) -> GmailArgs:
    account = {
        "client_id": options.client_id,
        "client_secret": SecretStr(options.client_secret),
        "refresh_token": SecretStr(options.refresh_token),
        "user": options.user,
        "topic": options.topic,
        "service_account": options.push_service_account,
        "audience": options.audience,
        "api_base_url": base_url,
        "token_url": f"{base_url}/token",
        "certs_url": f"{base_url}/oauth2/v1/certs",
    }
    return GmailArgs(**account | changes)


@pytest.fixture
async def both(database_url: str) -> AsyncIterator[tuple[Served, ControlClient, GmailOptions]]:
    """The product's HTTP side and the stand-in, each configured with the other's address."""
    port = free_port()
    place = f"http://127.0.0.1:{port}"
    options = GmailOptions(push_audience="https://support.example.com/webhooks/gmail")
    async with running(arguments(database_url, gmail=gmail_args(options, place))) as api:
        options = GmailOptions(
            push_url=f"{api.url}{PATH}",
            push_audience=options.push_audience,
            push_backoff_seconds=(0.1, 0.5),
            push_interval_seconds=0.2,
        )
        with serve_in_thread(gmail_app(options, SharedState.create()), port=port) as url, ControlClient(url) as control:
            yield api, control, options


@pytest.fixture
async def post(
    store: Store, both: tuple[Served, ControlClient, GmailOptions], database_url: str
) -> AsyncIterator[Post]:
    _, control, options = both
    post = Post(store, control, options, database_url)
    yield post
    for part in post.parts:
        await part.close()


def push(history_id: object = 1_300_000, email: str = ADDRESS) -> dict[str, Any]:
    data = json.dumps({"emailAddress": email, "historyId": history_id}).encode()
    return {"message": {"data": base64.b64encode(data).decode(), "messageId": "1"}, "subscription": "s"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def hints(post: Post) -> int | None:
    found: int | None = await post.store.value("SELECT hint FROM mailboxes")
    return found


async def test_h3_a_genuine_push_leaves_a_hint_under_both_paths(
    post: Post, both: tuple[Served, ControlClient, Any]
) -> None:
    api, control, _ = both
    token = await asyncio.to_thread(control.id_token)
    for path, number in ((PATH, 1_300_000), (f"/api/v1{PATH}", "1400000")):
        answer = await api.client.post(path, json=push(number), headers=bearer(token))
        assert answer.status_code == 200
        assert await hints(post) == int(number)
    await api.client.post(PATH, json=push(1_200_000), headers=bearer(token))
    assert await hints(post) == 1_400_000


@pytest.mark.parametrize(
    "claims",
    [
        {"by_stranger": True},
        {"aud": "https://somebody.example.com"},
        {"email": "mallory@example.iam.gserviceaccount.com"},
        {"email_verified": False},
        {"email_verified": None},
        {"iss": "https://accounts.example.com"},
        {"exp": 1_600_000_000, "iat": 1_599_990_000},
    ],
    ids=lambda claims: next(iter(claims)),
)
async def test_h3_a_forged_push_is_401_and_leaves_nothing(
    post: Post, both: tuple[Served, ControlClient, Any], claims: dict[str, Any]
) -> None:
    api, control, _ = both
    token = await asyncio.to_thread(lambda: control.id_token(**claims))
    answer = await api.client.post(PATH, json=push(), headers=bearer(token))
    assert answer.status_code == 401
    assert answer.json()["error"] == "UNAUTHORIZED"
    assert await hints(post) is None


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"}])
async def test_h3_no_token_is_401(both: tuple[Served, ControlClient, Any], headers: dict[str, str]) -> None:
    assert (await both[0].client.post(PATH, json=push(), headers=headers)).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"message": {"data": "%%%"}}', json.dumps(push("x")).encode()])
async def test_h3_a_genuine_token_on_an_unreadable_body_is_400(
    post: Post, both: tuple[Served, ControlClient, Any], body: bytes
) -> None:
    api, control, _ = both
    token = await asyncio.to_thread(control.id_token)
    answer = await api.client.post(PATH, content=body, headers=bearer(token))
    assert answer.status_code == 400
    assert await hints(post) is None


async def test_h3_without_certificates_it_is_503_so_that_pubsub_repeats(
    both: tuple[Served, ControlClient, Any],
) -> None:
    api, control, _ = both
    await asyncio.to_thread(lambda: control.fault("oauth2.certs", "certs_unavailable", times=None))
    token = await asyncio.to_thread(control.id_token)
    answer = await api.client.post(PATH, json=push(), headers=bearer(token))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_h3_the_largest_history_id_that_gmail_may_name_is_taken(
    post: Post, both: tuple[Served, ControlClient, Any]
) -> None:
    api, control, _ = both
    token = await asyncio.to_thread(control.id_token)
    answer = await api.client.post(PATH, json=push(2**64 - 1), headers=bearer(token))
    assert answer.status_code == 200
    assert await hints(post) == 2**63 - 1


async def test_a_push_for_another_mailbox_is_acknowledged_and_changes_nothing(
    post: Post, both: tuple[Served, ControlClient, Any]
) -> None:
    api, control, _ = both
    token = await asyncio.to_thread(control.id_token)
    answer = await api.client.post(PATH, json=push(email="other@example.com"), headers=bearer(token))
    assert answer.status_code == 200
    assert await hints(post) is None


async def test_h3_while_gmail_is_off_every_push_is_401(database_url: str) -> None:
    async with running(arguments(database_url)) as api:
        answer = await api.client.post(PATH, json=push(), headers=bearer("x.y.z"))
        assert answer.status_code == 401
        assert answer.json()["error"] == "CHANNEL_OFF"
        assert "GMAIL_CLIENT_ID" in answer.json()["message"]
        health = (await api.client.get("/health")).json()["components"]["gmail"]
        assert health["status"] == "off"


async def test_t_l7_reordered_and_dropped_pushes_lose_no_mail(post: Post) -> None:
    worker = post.worker(poll_s=3.0)
    await worker.run_once()

    async def working() -> None:
        with suppress(asyncio.CancelledError):
            while True:
                await worker.run_once()
                await asyncio.sleep(0.25)

    post.control.fault("push", "drop", times=None, probability=0.3)
    post.control.fault("push", "reorder", times=None, probability=0.3)
    task = asyncio.create_task(working())
    asked: set[str] = set()
    for n in range(40):
        asked.add((await asyncio.to_thread(post.question, f"Question {n}", sender=f"c{n}@example.com"))["id"])
        await asyncio.sleep(0.1)

    async def all_in() -> bool:
        return bool(await post.store.value("SELECT count(*) FROM inbox") == len(asked))

    await eventually(all_in)
    task.cancel()
    await task
    rows = await post.store.rows("SELECT provider_message_id AS id FROM inbox")
    assert {row["id"] for row in rows} == asked
    delivered = [entry for entry in post.control.journal(kind=Kind.PUSH) if entry.details["status"] == 200]
    assert 0 < len(delivered) < 40


async def test_a_push_is_acknowledged_without_asking_google(both: tuple[Served, ControlClient, Any]) -> None:
    """Once Google's keys are known. How fast that is, the load tests measure."""
    api, control, _ = both
    token = await asyncio.to_thread(control.id_token)

    async def once(n: int) -> float:
        started = time.perf_counter()
        answer = await api.client.post(PATH, json=push(1_300_000 + n), headers=bearer(token))
        assert answer.status_code == 200
        return time.perf_counter() - started

    await once(0)
    for method in ("oauth2.certs", "oauth2.token", "users.history.list", "users.messages.get"):
        kind = "certs_unavailable" if method == "oauth2.certs" else "drop_before"
        await asyncio.to_thread(partial(control.fault, method, kind, times=None))
    took = sorted([await once(n) for n in range(1, 101)])
    print(f"acknowledged: p95 {took[95]:.3f} s")


async def test_h3_while_mail_is_off_in_channel_configs_a_genuine_push_is_refused(
    post: Post, both: tuple[Served, ControlClient, Any]
) -> None:
    api, control, _ = both
    token = await asyncio.to_thread(control.id_token)
    await post.store.execute("UPDATE channel_configs SET enabled = false WHERE channel = 'email'")
    answer = await api.client.post(PATH, json=push(), headers=bearer(token))
    assert (answer.status_code, answer.json()["error"]) == (401, "CHANNEL_OFF")
    assert await hints(post) is None
