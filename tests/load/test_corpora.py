"""T-B1: the corpora of mails, Twilio's posts, pushes and forms through the whole product, by their classes."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import asyncpg
import httpx
import pytest
from starlette.datastructures import MultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from evaluation.providers.journal import Kind
from tests.fixtures.channels import Channels
from tests.fixtures.oracle import expect_invariants, settled, store_of
from tests.fixtures.product import Product

pytestmark = [pytest.mark.product, pytest.mark.timeout(2400)]

DATA = Path(__file__).parents[1] / "data"
SETTLED_S = 600.0
SIDS = ("MessageSid", "SmsMessageSid", "SmsSid")
every = pytest.mark.parametrize("step", [12, pytest.param(1, marks=pytest.mark.full)], ids=["a slice", "all"])


@pytest.fixture
async def http(product: Product) -> AsyncIterator[httpx.AsyncClient]:
    await asyncio.to_thread(product.wait_healthy)
    async with httpx.AsyncClient(base_url=product.url, timeout=240, trust_env=False) as client:
        yield client


def _read(path: str) -> Any:
    return json.loads((DATA / path).read_text())


@every
async def test_t_b1_each_mail_is_of_its_class_and_no_machine_is_answered(
    product: Product, channels: Channels, http: httpx.AsyncClient, step: int
) -> None:
    index = dict(list(_read("mail/index.json").items())[::step])
    before = channels.last
    names = {_mailed(channels, name, entry["labels"]): name for name, entry in index.items()}
    last = channels.mail.write_mail(sender="last@mail.example.com", subject="The last", text="How do I sign in?")
    channels.mail.push()
    async with store_of(product) as store:
        await _arrived(store, last["id"])
        await settled(product, seconds=SETTLED_S)
        became = await _classes(store, names)
        assert {name: found for name, found in became.items() if found != index[name]["class"]} == {}
        sent = channels.posts(Kind.MAIL_SENT, after=before)
        outbox_ids = [one.header("X-Nightdesk-Outbox-Id") for one in sent]
        answered = await store.fetch(ANSWERED, outbox_ids)
    print(f"{len(names)} mails, all of their class; {len(sent)} replies")
    assert len(answered) == len(sent)
    assert {index[names[row["id"]]]["class"] for row in answered if row["id"] in names} == {"customer"}
    await expect_invariants(product)


ANSWERED = """SELECT i.provider_message_id AS id FROM outbox o JOIN inbox i ON i.id = o.inbound_id
              WHERE o.id::text = ANY ($1::text[])"""


def _mailed(channels: Channels, name: str, labels: list[str]) -> str:
    raw = (DATA / "mail" / name).read_bytes()
    return str(channels.mail.inject_raw_mail(raw, labels=labels)["id"])


async def _arrived(store: asyncpg.Connection[Any], gmail_id: str) -> None:
    arrived = "SELECT EXISTS (SELECT FROM inbox WHERE provider_message_id = $1)"
    async with asyncio.timeout(400):
        while not await store.fetchval(arrived, gmail_id):  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.2)


async def _classes(store: asyncpg.Connection[Any], names: Mapping[str, str]) -> dict[str, str]:
    """The class that the product gave each mail."""
    states = dict(await store.fetch("SELECT provider_message_id, state FROM inbox WHERE provider = 'gmail'"))
    unreadable = await store.fetch("SELECT provider_message_id AS id FROM mailbox_settled WHERE kind = 'unreadable'")
    kinds = {one: "automated" if state == "ignored" else "customer" for one, state in states.items()}
    kinds |= {row["id"]: "broken" for row in unreadable}
    return {name: kinds.get(one, "own") for one, name in names.items()}


@every
async def test_t_b1_each_post_of_twilios_is_of_its_class(
    product: Product, channels: Channels, http: httpx.AsyncClient, step: int
) -> None:
    validator = RequestValidator(channels.settings["TWILIO_AUTH_TOKEN"])
    wrong = {}
    async with store_of(product) as store:
        for post in filter(_can_travel, _read("twilio/posts.json")[::step]):
            path = "/webhooks/whatsapp/status" if "status" in post["class"] else "/webhooks/whatsapp"
            sid = "SM" + secrets.token_hex(16)
            params = [(name, _fresh(name, value, sid)) for name, value in post["params"]]
            signed = validator.compute_signature(f"{product.url}{path}", MultiDict(params))
            answer = await http.post(path, content=urlencode(params), headers=_form(signed))
            kept = await store.fetchval("SELECT count(*) FROM inbox WHERE provider_message_id = $1", sid)
            if (answer.status_code, kept) != EXPECTED[post["class"]]:
                wrong[post["name"]] = (answer.status_code, kept)
    assert wrong == {}
    await settled(product, seconds=SETTLED_S)
    await expect_invariants(product)


EXPECTED = {"message": (200, 1), "status": (200, 0), "no-message": (400, 0), "no-status": (400, 0)}
"""The status, and how many messages are in the store afterwards."""


def _can_travel(post: dict[str, Any]) -> bool:
    """Whether UTF-8 can carry the post; lone surrogates are covered by the parser's own tests."""
    return not any("\ud800" <= c <= "\udfff" for _, value in post["params"] for c in value)


def _fresh(name: str, value: str, sid: str) -> str:
    """The corpus has one sid for all; a message that has come before would be a repeated one."""
    return sid if name in SIDS and value.isalnum() else value


def _form(signature: str) -> dict[str, str]:
    return {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}


@every
async def test_t_b1_each_push_is_taken_or_refused_as_it_deserves(
    channels: Channels, http: httpx.AsyncClient, step: int
) -> None:
    token = channels.mail.id_token()
    pushes = _read("pubsub/pushes.json")[::step]
    wrong = {}
    for push in pushes:
        body = base64.b64decode(push["body_base64"]) if "body_base64" in push else push["body"].encode()
        answer = await http.post("/webhooks/gmail", content=body, headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != (400 if push.get("hint") is None else 200):
            wrong[push["name"]] = answer.status_code
    assert wrong == {}


@every
async def test_t_b1_each_form_is_taken_or_refused_for_its_field(
    product: Product, http: httpx.AsyncClient, step: int
) -> None:
    wrong = {}
    entries = [entry for path in sorted((DATA / "forms").glob("*.json")) for entry in _read(f"forms/{path.name}")]
    for entry in entries[::step]:
        answer = await http.post(
            "/api/v1/support/form", content=_body(entry), headers={"Content-Type": "application/json"}
        )
        if answer.status_code != entry["status"]:
            wrong[entry["name"]] = (answer.status_code, answer.text[:200])
    assert wrong == {}
    await settled(product, seconds=SETTLED_S)
    await expect_invariants(product)


def _body(entry: dict[str, Any]) -> bytes:
    if "raw_base64" in entry:
        return base64.b64decode(entry["raw_base64"])
    if "raw" in entry:
        return str(entry["raw"]).encode()
    return json.dumps(entry["body"]).encode()
