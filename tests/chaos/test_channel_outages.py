"""A provider that is down or refuses the credentials for minutes: health shows it, the other channels go on, nothing
is lost."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from evaluation.providers.journal import Kind
from tests.fixtures.channels import Channels, new_address, new_number
from tests.fixtures.oracle import expect_invariants, settled
from tests.fixtures.product import Product
from tests.fixtures.waiting import wait_until

pytestmark = [pytest.mark.product, pytest.mark.full, pytest.mark.timeout(3600)]

OUTAGE_S = 60 * float(os.environ.get("OUTAGE_MINUTES", "5"))
NOTICED_S, RECOVERED_S, ANSWERED_S = 90.0, 240.0, 45.0
QUESTION = "How do I reset my password?"
GMAIL_METHODS = (
    "users.getProfile", "users.history.list", "users.messages.get", "users.messages.list", "users.threads.get",
    "users.drafts.create", "users.drafts.send", "users.drafts.list", "users.watch",
)  # fmt: skip
TWILIO_METHODS = ("messages.create", "messages.list", "accounts.fetch")


@pytest.fixture
def http(product: Product, channels: Channels) -> Iterator[httpx.Client]:
    product.wait_healthy()
    with httpx.Client(base_url=f"{product.url}/api/v1", timeout=120, trust_env=False) as client:
        yield client
    channels.mail.clear_faults()


@contextmanager
def refusing(channels: Channels, provider: str) -> Iterator[None]:
    """The provider's port is closed."""
    server = getattr(channels, provider)
    server.go_away()
    try:
        yield
    finally:
        channels.mail.clear_faults()
        server.come_back()


@contextmanager
def answering_503(channels: Channels, provider: str) -> Iterator[None]:
    """The provider answers 503 to everything."""
    for method in {"gmail": GMAIL_METHODS, "twilio": TWILIO_METHODS}[provider]:
        channels.mail.fault(method, "error_before", times=None, status=503)
    try:
        yield
    finally:
        channels.mail.clear_faults()


def component(http: httpx.Client, name: str) -> tuple[str, str]:
    """What /health says of a component."""
    health = http.get("/health")
    assert health.status_code == 200, "no provider may take the whole product down"
    found: dict[str, Any] = health.json()["components"][name]
    return found["status"], found["detail"]


def form_is_answered(http: httpx.Client) -> None:
    """Send a form and wait for its answer."""
    form = {"name": "Ada Byron", "email": new_address(), "subject": "Signing in", "category": "technical"}
    ticket = http.post("/support/form", json={**form, "message": QUESTION}).json()
    address, token = f"/tickets/{ticket['ticket_id']}", {"token": ticket["status_token"]}
    wait_until(lambda: len(http.get(address, params=token).json()["responses"]) == 1, within_s=ANSWERED_S)


def message_is_answered(channels: Channels) -> None:
    """Write a WhatsApp message and wait for its reply."""
    channels.phone.write_whatsapp(number := new_number(), QUESTION)
    channels.wait_for_replies([number], seconds=ANSWERED_S)


def mail_is_answered(channels: Channels) -> None:
    """Write a mail and wait for its reply."""
    channels.mail.write_mail(sender=(sender := new_address()), subject="Signing in", text=QUESTION)
    channels.wait_for_replies([sender], seconds=ANSWERED_S)


def keep_up(seconds: float, *others: Callable[[], None]) -> int:
    """Use the other channels until `seconds` are over; returns how often."""
    deadline, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        for other in others:
            other()
        rounds += 1
        time.sleep(max(0.0, min(10.0, deadline - time.monotonic())))
    return rounds


@pytest.mark.parametrize("down", [refusing, answering_503])
async def test_gmail_is_down_for_minutes(
    product: Product, channels: Channels, http: httpx.Client, down: Callable[[Channels, str], Any]
) -> None:
    senders = [new_address() for _ in range(20)]
    before = channels.last
    # Some answers are about to leave when it happens: they wait in the outbox, the rest in the mailbox.
    channels.mail.fault("users.drafts.create", "error_before", times=None)
    for sender in senders[:10]:
        channels.mail.write_mail(sender=sender, subject="Signing in", text=QUESTION)
    await asyncio.sleep(5)
    with down(channels, "gmail"):
        for sender in senders[10:]:
            channels.mail.write_mail(sender=sender, subject="Signing in", text=QUESTION)
            await asyncio.sleep(0.2)
        wait_until(lambda: component(http, "gmail")[0] == "degraded", within_s=NOTICED_S)
        print(component(http, "gmail"))
        assert component(http, "whatsapp")[0] == "healthy"
        used = await asyncio.to_thread(
            keep_up, OUTAGE_S, lambda: form_is_answered(http), lambda: message_is_answered(channels)
        )
        assert component(http, "gmail")[0] == "degraded"
        assert channels.posts(Kind.MAIL_SENT, after=before) == []
    back = time.monotonic()
    await asyncio.to_thread(channels.wait_for_replies, senders, seconds=RECOVERED_S)
    print(f"{OUTAGE_S:.0f} s away, {used} rounds on the others, all answered {time.monotonic() - back:.0f} s after it")
    await settled(product, seconds=120)
    assert {channels.accepted()[sender] for sender in senders} == {1}
    await asyncio.to_thread(product.wait_healthy)
    await expect_invariants(product)


@pytest.mark.parametrize("down", [refusing, answering_503])
async def test_twilio_is_down_for_minutes(
    product: Product, channels: Channels, http: httpx.Client, down: Callable[[Channels, str], Any]
) -> None:
    """Each number writes twice: the replies come in the order of the questions."""
    numbers = [new_number() for _ in range(20)]
    with down(channels, "twilio"):
        for text in (QUESTION, "How do I turn on two-factor authentication?"):
            for number in numbers:
                channels.phone.write_whatsapp(number, text)
            await asyncio.sleep(10)
        wait_until(lambda: component(http, "whatsapp")[0] == "degraded", within_s=NOTICED_S)
        print(component(http, "whatsapp"))
        assert component(http, "gmail")[0] == "healthy"
        used = await asyncio.to_thread(
            keep_up, OUTAGE_S, lambda: form_is_answered(http), lambda: mail_is_answered(channels)
        )
        assert component(http, "whatsapp")[0] == "degraded"
        assert not [number for number in numbers if channels.texts_to(number)]
    back = time.monotonic()
    complete = dict.fromkeys(numbers, 2)
    wait_until(lambda: {n: channels.accepted()[n] for n in numbers} == complete, within_s=1200, pause_s=1.0)
    print(f"{OUTAGE_S:.0f} s away, {used} rounds on the others, all answered {time.monotonic() - back:.0f} s after it")
    await settled(product, seconds=120)
    assert {n: channels.accepted()[n] for n in numbers} == complete
    for number in numbers:
        first, second = channels.texts_to(number)
        assert "password" in first.body
        assert "two-factor" in second.body
    await asyncio.to_thread(product.wait_healthy)
    await expect_invariants(product)


async def test_google_refuses_the_credentials(product: Product, channels: Channels, http: httpx.Client) -> None:
    channels.mail.fault("oauth2.token", "invalid_grant", times=None)
    channels.mail.revoke_access_tokens()
    sender = new_address()
    channels.mail.write_mail(sender=sender, subject="Signing in", text=QUESTION)
    wait_until(lambda: component(http, "gmail")[0] == "degraded", within_s=NOTICED_S)
    assert "GMAIL_REFRESH_TOKEN" in component(http, "gmail")[1]
    await asyncio.to_thread(keep_up, 60, lambda: form_is_answered(http), lambda: message_is_answered(channels))
    channels.mail.clear_faults()
    await asyncio.to_thread(channels.wait_for_replies, [sender], seconds=RECOVERED_S)
    await asyncio.to_thread(product.wait_healthy)


async def test_twilio_refuses_the_credentials(product: Product, channels: Channels, http: httpx.Client) -> None:
    for method in TWILIO_METHODS:
        channels.phone.fault(method, "error_before", times=None, status=401)
    number = new_number()
    channels.phone.write_whatsapp(number, QUESTION)
    wait_until(lambda: component(http, "whatsapp")[0] == "degraded", within_s=NOTICED_S)
    assert "TWILIO_AUTH_TOKEN" in component(http, "whatsapp")[1]
    await asyncio.to_thread(keep_up, 60, lambda: form_is_answered(http), lambda: mail_is_answered(channels))
    channels.phone.clear_faults()
    await asyncio.to_thread(channels.wait_for_replies, [number], seconds=RECOVERED_S)
    await asyncio.to_thread(product.wait_healthy)
