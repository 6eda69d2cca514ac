"""Somebody who wants to stop the desk doesn't; the next customer is answered as usual.

`pytest tests/load/test_hostile.py -m full -s`, on a quiet machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import islice
from statistics import median
from typing import Any
from uuid import uuid4

import pytest

from evaluation.client import ProductClient
from tests.fixtures.channels import Channels
from tests.fixtures.hostile import shapes
from tests.fixtures.oracle import expect_invariants, settled
from tests.fixtures.product import Product
from tests.fixtures.waiting import eventually

pytestmark = [pytest.mark.product, pytest.mark.full, pytest.mark.timeout(3600)]

QUESTION = "How do I reset my password?"
AT_REST, BESIDE = 7, 5
SIZES = (2_500, 5_000, 9_900)
LARGEST_ANSWER_S, SLOWER = 2.0, 3.0
_HEAD = b"From: Eve <eve@mail.example.com>\r\nTo: support@techcorp.example\r\nSubject: Hi\r\nMIME-Version: 1.0\r\n"


def form_of(text: str) -> dict[str, Any]:
    """A form from somebody who has never written."""
    return {
        "name": "Ada Byron",
        "email": f"{uuid4().hex}@mail.example.com",
        "subject": "Signing in",
        "category": "technical",
        "message": text,
    }


def hostile_forms() -> list[str]:
    """Twenty texts on which patterns backtrack, of three sizes."""
    texts = [f"How do I export?{chr(10) * 9_960}thanks."]
    for size in SIZES:
        texts += islice((f"Why? {text} end." for text in shapes(size) if text.strip()), 0, 140, 20)
    return texts[:20]


def hostile_mails() -> list[bytes]:
    """Nine mails of a hundred kilobytes to ten megabytes whose structure is the trouble."""
    html, plain = b"Content-Type: text/html\r\n\r\n", b"Content-Type: text/plain\r\n\r\n"
    mixed = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    bodies = [
        plain + b"a " * 50_000,
        plain + b"\r\n" * 1_000_000,
        plain + b" " * 59_000 + b"thanks",
        plain + b">>>> a\r\n" * 20_000,
        plain + b"On " + b"x" * 2_000_000 + b":\r\n",
        html + b"<div>" * 60_000,
        html + b"<p>a</p>\r\n" * 1_000_000,
        mixed + b"--x\r\n\r\nhello there\r\n" * 6_000,
        mixed + b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"YWFh" * 500_000,
    ]
    return [_HEAD + f"Message-ID: <{uuid4().hex}@mail.example.com>\r\n".encode() + body for body in bodies]


async def answer_time(client: ProductClient) -> float:
    """Seconds from the form to the answer that its page can show."""
    began = time.monotonic()
    reply = await client.submit(form_of(QUESTION), key=uuid4().hex)
    number, token = reply.body["ticket_id"], reply.body["status_token"]

    async def answered() -> bool:
        return bool((await client.ticket(number, token)).body["responses"])

    await eventually(answered, within_s=600, pause_s=0.05)
    return time.monotonic() - began


async def one_after_the_other(client: ProductClient, count: int) -> list[float]:
    """The answer times of so many customers."""
    return [await answer_time(client) for _ in range(count)]


async def attack(client: ProductClient, channels: Channels, texts: Sequence[str]) -> None:
    """Send all forms and mails at once."""
    mails = (asyncio.to_thread(channels.mail.inject_raw_mail, raw) for raw in hostile_mails())
    forms = (client.submit(form_of(text), key=uuid4().hex) for text in texts)
    *_, accepted = await asyncio.gather(asyncio.gather(*mails), asyncio.gather(*forms))
    assert {reply.status for reply in accepted} == {201}


async def test_an_ordinary_customer_is_answered_beside_hostile_ones(product: Product, channels: Channels) -> None:
    await asyncio.to_thread(product.wait_healthy)
    async with ProductClient(product.url) as client:
        await one_after_the_other(client, 3)
        at_rest = median(await one_after_the_other(client, AT_REST))
        await attack(client, channels, hostile_forms())
        beside = await one_after_the_other(client, BESIDE)
        began = time.monotonic()
        await settled(product, seconds=1200)
        read = time.monotonic() - began
    print(f"at rest {at_rest:.2f} s, beside {[round(one, 2) for one in beside]} s; all read {read:.0f} s later")
    await expect_invariants(product)
    assert max(beside) < max(LARGEST_ANSWER_S, SLOWER * at_rest)
