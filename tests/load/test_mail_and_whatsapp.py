"""T2, T-L5, T-L6, T-L7: many mails and WhatsApp messages through the whole product, each answered exactly once."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from evaluation.providers.journal import Kind
from tests.fixtures.channels import ADDRESS, Channels, new_address, new_number, p95
from tests.fixtures.oracle import expect_one_reply_each, settled, store_of
from tests.fixtures.product import Product
from tests.load.poster import Post, posted

pytestmark = [pytest.mark.product, pytest.mark.timeout(1800)]

QUESTION = "How do I reset my password?"
ACKNOWLEDGED_S = 0.5
POLL_S = 60.0
REPLIES_PER_MINUTE = 100
"""Fewer than Gmail's quota lets through: 115 of 12,000 units each."""


@dataclass(frozen=True, slots=True)
class Load:
    """`count` mails and as many WhatsApp messages, evenly spread over `within_s` seconds."""

    count: int
    within_s: float
    timed: bool = False


async def open_arrival(steps: Sequence[Callable[[], object]], *, within_s: float) -> None:
    """Do each step at its own time, evenly spread, whether or not the earlier ones have ended."""
    started = time.monotonic()
    tasks = []
    for n, step in enumerate(steps):
        await asyncio.sleep(max(0.0, started + n * within_s / len(steps) - time.monotonic()))
        tasks.append(asyncio.create_task(asyncio.to_thread(step)))
    await asyncio.gather(*tasks)


def form_of(person: str) -> dict[str, str]:
    """The body of a web form from this address."""
    return {"name": "Ada Byron", "email": person, "subject": "Signing in", "category": "technical", "message": QUESTION}


def timeout(mails: int) -> float:
    """How many seconds a test waits for the last reply to so many mails: what Gmail's quota takes, and patience."""
    return 300 + mails * 60 / REPLIES_PER_MINUTE


@pytest.mark.parametrize(
    "load",
    [
        Load(12, 0.0),
        pytest.param(Load(200, 0.0), marks=pytest.mark.full),
        pytest.param(Load(200, 10.0, timed=True), marks=pytest.mark.full),
    ],
    ids=["12 at once", "200 at once", "200 in ten seconds"],
)
async def test_t2_mails_and_messages_are_each_answered_once(product: Product, channels: Channels, load: Load) -> None:
    await asyncio.to_thread(product.wait_healthy)
    addresses, numbers = [new_address() for _ in range(load.count)], [new_number() for _ in range(load.count)]
    posts = await asyncio.to_thread(webhooks, product, channels, numbers, load.within_s)
    mails = [
        partial(channels.mail.write_mail, sender=address, subject="Signing in", text=QUESTION) for address in addresses
    ]
    started = time.monotonic()
    answers, _ = await asyncio.gather(
        asyncio.to_thread(posted, posts, timeout_s=600), open_arrival(mails, within_s=load.within_s)
    )
    await expect_one_reply_each(product, channels, [*addresses, *numbers], seconds=timeout(load.count))
    print(
        f"{load.count}+{load.count} within {load.within_s:g} s: all answered after {time.monotonic() - started:.0f} s"
    )
    assert {answer.status for answer in answers} == {200}
    for kind in (Kind.PUSH, Kind.WEBHOOK):
        slow = p95(answer.seconds for answer in answers if answer.kind == kind)
        print(f"acknowledged {kind}: p95 {slow:.3f} s")
        assert not load.timed or slow < ACKNOWLEDGED_S


def webhooks(product: Product, channels: Channels, numbers: Sequence[str], within_s: float) -> list[Post]:
    """A signed WhatsApp message of each number, evenly spread, and a push each second, the most that Gmail sends."""
    posts, gap = list[Post](), within_s / len(numbers)
    for n, number in enumerate(numbers):
        message = channels.phone.prepare_whatsapp(number, QUESTION)
        form = {"Content-Type": "application/x-www-form-urlencoded", **message["headers"]}
        content = urlencode(message["form"])
        posts.append(Post(kind=Kind.WEBHOOK, at_s=n * gap, url=message["url"], headers=form, content=content))
    pushed = {"Authorization": f"Bearer {channels.mail.id_token()}", "Content-Type": "application/json"}
    data = base64.b64encode(json.dumps({"emailAddress": ADDRESS, "historyId": 2**40}).encode()).decode()
    push = json.dumps({"message": {"data": data, "messageId": "1"}, "subscription": "s"})
    url = f"{product.url}/webhooks/gmail"
    seconds = range(int(within_s) + 1)
    return posts + [Post(kind=Kind.PUSH, at_s=n, url=url, headers=pushed, content=push) for n in seconds]


@pytest.mark.full
async def test_t_l1_100_forms_50_mails_and_50_messages_in_a_minute(product: Product, channels: Channels) -> None:
    await asyncio.to_thread(product.wait_healthy)
    people = [new_address("form") for _ in range(100)]
    addresses, numbers = [new_address() for _ in range(50)], [new_number() for _ in range(50)]
    posts = await asyncio.to_thread(webhooks, product, channels, numbers, 60)
    for n, person in enumerate(people):
        url, content = f"{product.url}/api/v1/support/form", json.dumps(form_of(person))
        headers = {"Content-Type": "application/json"}
        posts.append(Post(kind="form", at_s=n * 0.6, url=url, headers=headers, content=content))
    mails = [
        partial(channels.mail.write_mail, sender=address, subject="Signing in", text=QUESTION) for address in addresses
    ]
    answers, _ = await asyncio.gather(asyncio.to_thread(posted, posts, timeout_s=600), open_arrival(mails, within_s=60))
    last = time.monotonic()
    await expect_one_reply_each(product, channels, [*addresses, *numbers], seconds=60)
    print(f"all answered {time.monotonic() - last:.0f} s after the last had come")
    await one_effect_each(product, [f"email:{one}" for one in people])
    assert {answer.status for answer in answers} == {200, 201}
    slow = p95(answer.seconds for answer in answers)
    print(f"acknowledged: p95 of 100 forms, 50 messages and 60 pushes {slow:.3f} s")
    assert slow < ACKNOWLEDGED_S


@pytest.mark.parametrize("count", [4, pytest.param(334, marks=pytest.mark.full)])
async def test_t_l6_every_post_five_times_three_at_once(product: Product, channels: Channels, count: int) -> None:
    """`count` messages on each of three channels; Twilio's status callbacks come five times too."""
    await asyncio.to_thread(product.wait_healthy)
    addresses, numbers = [new_address() for _ in range(count)], [new_number() for _ in range(count)]
    people = [new_address("form") for _ in range(count)]
    channels.phone.fault("status_callback", "duplicate", times=None, copies=5)
    try:
        async with httpx.AsyncClient(base_url=f"{product.url}/api/v1", timeout=240, trust_env=False) as http:
            for address, number, person in zip(addresses, numbers, people, strict=True):
                await asyncio.gather(
                    asyncio.to_thread(mailed_and_pushed, channels, address),
                    asyncio.to_thread(written_five_times, channels, number),
                    posted_five_times(http, person),
                )
        await expect_one_reply_each(product, channels, [*addresses, *numbers], seconds=timeout(count))
    finally:
        channels.phone.clear_faults()
    keys = [f"email:{one}" for one in addresses + people] + [f"whatsapp:{one}" for one in numbers]
    await one_effect_each(product, keys)


EFFECTS = {
    "tickets": """SELECT c.sender_key, count(*) AS effects FROM conversations c
                  JOIN tickets t ON t.conversation_id = c.id
                  WHERE c.sender_key = ANY ($1::text[]) GROUP BY 1""",
    "runs": """SELECT i.sender_key, count(*) AS effects FROM inbox i JOIN decision_records d ON d.inbox_id = i.id
               WHERE i.sender_key = ANY ($1::text[]) GROUP BY 1""",
    "replies": """SELECT c.sender_key, count(*) AS effects FROM conversations c
                  JOIN messages m ON m.conversation_id = c.id AND m.author = 'agent'
                  WHERE c.sender_key = ANY ($1::text[]) GROUP BY 1""",
    "outbox rows": """SELECT c.sender_key, count(*) AS effects FROM conversations c
                             JOIN outbox o ON o.conversation_id = c.id
                             WHERE c.sender_key = ANY ($1::text[]) GROUP BY 1""",
}


async def one_effect_each(product: Product, keys: list[str]) -> None:
    """Assert that each sender key has one of each of EFFECTS."""
    async with store_of(product) as store:
        for what, query in EFFECTS.items():
            found = {row["sender_key"]: row["effects"] for row in await store.fetch(query, keys)}
            assert found == dict.fromkeys(keys, 1), what


def mailed_and_pushed(channels: Channels, address: str) -> None:
    """Write a mail and push its hint five times."""
    channels.mail.write_mail(sender=address, subject="Signing in", text=QUESTION)
    for _ in range(5):
        channels.mail.push()


def written_five_times(channels: Channels, number: str) -> None:
    """Post a message three times at once and twice later."""
    sid = channels.phone.write_whatsapp(number, QUESTION, copies=3)
    channels.phone.repeat_whatsapp(sid, copies=1)
    channels.phone.repeat_whatsapp(sid, copies=1)


async def posted_five_times(http: httpx.AsyncClient, person: str) -> None:
    """Send a form three times at once and twice later, under one Idempotency-Key."""
    form, headers = form_of(person), {"Idempotency-Key": str(uuid4())}

    async def post() -> str:
        answer = await http.post("/support/form", json=form, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.text

    answers = [*await asyncio.gather(post(), post(), post()), await post(), await post()]
    assert len(set(answers)) == 1


@pytest.mark.full
async def test_t_l7_reordered_and_dropped_pushes_lose_no_mail(product: Product, channels: Channels) -> None:
    await asyncio.to_thread(product.wait_healthy)
    channels.mail.fault("push", "drop", times=None, probability=0.3)
    channels.mail.fault("push", "reorder", times=None, probability=0.3)
    addresses = [new_address() for _ in range(100)]
    try:
        steps = [
            partial(channels.mail.write_mail, sender=sender, subject="Signing in", text=QUESTION)
            for sender in addresses
        ]
        await open_arrival(steps, within_s=60)
        await expect_one_reply_each(product, channels, addresses, seconds=2 * POLL_S + timeout(100))
    finally:
        channels.mail.clear_faults()
    arrived = {one.sender: one.time for one in channels.posts(Kind.MAIL_RECEIVED)}
    async with store_of(product) as store:
        rows = await store.fetch(
            "SELECT substr(sender_key, 7) AS sender, received_at AS at FROM inbox WHERE sender_key = ANY ($1::text[])",
            [f"email:{address}" for address in addresses],
        )
    waited = [(row["at"] - arrived[row["sender"]]).total_seconds() for row in rows]
    print(f"{len(waited)} mails picked up: p95 {p95(waited):.1f} s, the last after {max(waited):.1f} s")
    assert len(waited) == len(addresses)
    assert max(waited) < 2 * POLL_S


@pytest.mark.full
async def test_t_l5_twenty_messages_in_five_seconds_are_one_turn(product: Product, channels: Channels) -> None:
    await asyncio.to_thread(product.wait_healthy)
    number = new_number()
    steps = [partial(channels.phone.write_whatsapp, number, f"Line {n}: {QUESTION}") for n in range(20)]
    await open_arrival(steps, within_s=5)
    await asyncio.to_thread(channels.wait_for_replies, [number], seconds=30)
    await settled(product, seconds=30)
    async with store_of(product) as store:
        states = [
            row["state"]
            for row in await store.fetch(
                "SELECT state FROM inbox WHERE sender_key = $1 ORDER BY received_at", f"whatsapp:{number}"
            )
        ]
    print(f"20 messages: {len(channels.texts_to(number))} answers, {states.count('absorbed')} absorbed")
    assert len(states) == 20
    assert len(channels.texts_to(number)) == 20 - states.count("absorbed") <= 2
