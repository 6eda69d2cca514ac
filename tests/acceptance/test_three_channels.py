"""The three channels end to end: in by the providers' wire formats, out as their servers accepted it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import httpx
import pytest

from deployments.rules.formatting import sentences
from evaluation.providers.journal import Entry
from evaluation.providers.twilio.accept import twilio_length
from tests.fixtures.channels import ADDRESS, Channels, new_address, new_number
from tests.fixtures.oracle import expect_one_reply_each, settled, store_of
from tests.fixtures.product import Product
from tests.fixtures.waiting import wait_until

pytestmark = [pytest.mark.product, pytest.mark.timeout(1800)]

QUESTION = "I forgot my password. How can I reset it?"
TEXTS = {"question": QUESTION, "refund": "I want my money back for last month, please.", "empty": ""}
FACTS = ("Forgot password", "valid for 60 minutes", "signs you out of all other devices")
ANSWERED_S = 360.0
"""Two polls of the mailbox (of two pushes within a second Gmail drops one, and its mail waits for the poll: T-L7), and
patience with a slow machine."""


@dataclass(frozen=True, slots=True)
class Customers:
    """The customers of each case: addresses, numbers, web tickets and ids of their mails in Gmail."""

    mail: dict[str, str] = field(default_factory=dict)
    phone: dict[str, str] = field(default_factory=dict)
    web: dict[str, dict[str, Any]] = field(default_factory=dict)
    gmail: dict[str, dict[str, Any]] = field(default_factory=dict)
    machines: list[str] = field(default_factory=list)

    def expecting_reply(self) -> list[str]:
        """Addresses and numbers that are due a reply."""
        return [*self.mail.values(), *self.phone.values()]


@pytest.fixture(scope="module")
def http(product: Product) -> Iterator[httpx.Client]:
    product.wait_healthy()
    with httpx.Client(base_url=f"{product.url}/api/v1", timeout=120, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def customers(channels: Channels, http: httpx.Client) -> Customers:
    """All customers write at once; yields when each that is due a reply has one."""
    written = Customers()
    _machines_write(channels, written)
    for case, text in TEXTS.items():
        written.mail[case], written.phone[case] = new_address(case), new_number()
        subject = "Signing in" if text else ""
        written.gmail[case] = channels.mail.write_mail(
            sender=written.mail[case], name="Ada Byron", subject=subject, text=text
        )
        channels.phone.write_whatsapp(written.phone[case], text, name="Ada")
        if text:
            written.web[case] = _form(http, text)
    _attach(channels, written)
    channels.wait_for_replies(written.expecting_reply(), seconds=ANSWERED_S)
    for ticket in written.web.values():
        wait_until(lambda ticket=ticket: bool(_responses(http, ticket)), within_s=ANSWERED_S)  # type: ignore[misc]
    return written


def _machines_write(channels: Channels, written: Customers) -> None:
    for headers in ({"Auto-Submitted": "auto-replied"}, {"List-Id": "<news.example.com>"}, {"Precedence": "bulk"}):
        written.machines.append(new_address("machine"))
        channels.mail.write_mail(
            sender=written.machines[-1], subject="Automatic reply", text="I am away.", headers=headers
        )


def _attach(channels: Channels, written: Customers) -> None:
    written.mail["attachment"], written.phone["attachment"] = new_address("attachment"), new_number()
    channels.mail.inject_raw_mail(_mail_with_picture(written.mail["attachment"]))
    picture = {"content_type": "image/jpeg", "base64": base64.b64encode(b"picture").decode()}
    channels.phone.write_whatsapp(written.phone["attachment"], "", media=[picture])


def _mail_with_picture(sender: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, ADDRESS, "Screenshot"
    message["Message-ID"] = f"<{sender}>"
    message.set_content(QUESTION)
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="error.png")
    return bytes(message)


def _form(http: httpx.Client, message: str) -> dict[str, Any]:
    form = {"name": "Ada Byron", "email": new_address(), "subject": "Signing in", "category": "account_access"}
    accepted = http.post("/support/form", json={**form, "message": message})
    assert accepted.status_code == 201, accepted.text
    body: dict[str, Any] = accepted.json()
    return body


def _ticket(http: httpx.Client, ticket: dict[str, Any]) -> dict[str, Any]:
    read = http.get(f"/tickets/{ticket['ticket_id']}", params={"token": ticket["status_token"]})
    found: dict[str, Any] = read.json()
    return found


def _responses(http: httpx.Client, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return list(_ticket(http, ticket)["responses"])


def _mail(channels: Channels, customers: Customers, case: str) -> Entry:
    (found,) = channels.mails_to(customers.mail[case])
    return found


def _text(channels: Channels, customers: Customers, case: str) -> str:
    (found,) = channels.texts_to(customers.phone[case])
    return found.body


def test_r1_a_mail_is_answered_formally_and_in_its_thread(channels: Channels, customers: Customers) -> None:
    asked, answer = customers.gmail["question"], _mail(channels, customers, "question")
    assert answer.thread == asked["thread_id"]
    assert answer.header("Subject") == "Re: Signing in"
    assert answer.header("In-Reply-To") == answer.header("References") == asked["rfc_message_id"]
    assert answer.header("From") == ADDRESS
    assert answer.header("Auto-Submitted") == "auto-replied"
    assert answer.body.startswith("Dear Ada Byron,")
    assert "Ticket reference: TKT-" in answer.body
    assert len(answer.body.split()) <= 500


def test_r2_a_whatsapp_message_is_answered_shortly_to_its_number(channels: Channels, customers: Customers) -> None:
    answer = _text(channels, customers, "question")
    said, footer = answer.rsplit("\n\n", 1)
    assert twilio_length(said) <= 300
    assert re.fullmatch(r"Ticket (TKT-\d+): http\S+/status#\1:\S+", footer)
    assert not answer.startswith("Dear")


def test_r3_a_form_is_answered_on_the_web(http: httpx.Client, customers: Customers) -> None:
    ticket = customers.web["question"]
    (answer,) = _responses(http, ticket)
    assert len(answer["text"].split()) <= 300
    assert ticket["ticket_id"] in answer["text"]


def test_t1_the_same_question_gets_the_same_facts_in_three_forms(
    channels: Channels, http: httpx.Client, customers: Customers
) -> None:
    mail, phone = _mail(channels, customers, "question").body, _text(channels, customers, "question")
    web = _responses(http, customers.web["question"])[0]["text"]
    assert len({mail, phone, web}) == 3
    for fact in FACTS:
        assert all(fact in text for text in (mail, phone, web)), fact
    said, _footer = phone.rsplit("\n\n", 1)
    short_form = [sentence.strip() for sentence in sentences(said)]
    assert all(sentence in mail and sentence in web for sentence in short_form), (
        "the short form says something of its own"
    )


async def test_g5_g14_a_refund_request_is_handed_over_with_a_notice_on_each_channel(
    product: Product, channels: Channels, http: httpx.Client, customers: Customers
) -> None:
    assert "colleague" in _mail(channels, customers, "refund").body
    assert "colleague" in _text(channels, customers, "refund")
    web = _ticket(http, customers.web["refund"])
    assert "colleague" in web["responses"][0]["text"]
    assert (web["status"], web["escalation_reason"]) == ("escalated", "refund")
    keys = [f"email:{customers.mail['refund']}", f"whatsapp:{customers.phone['refund']}"]
    async with store_of(product) as store:
        found = await store.fetch(
            "SELECT t.status, t.escalation_reason, c.owner FROM tickets t JOIN conversations c"
            " ON c.id = t.conversation_id WHERE c.sender_key = ANY ($1::text[])",
            keys,
        )
    assert [tuple(row) for row in found] == [("escalated", "refund", "staff")] * 2


def test_r9_an_empty_message_gets_a_polite_question(channels: Channels, customers: Customers) -> None:
    for answer in (_mail(channels, customers, "empty").body, _text(channels, customers, "empty")):
        assert "without any text" in answer
        assert "?" in answer


def test_r9_attachments_and_media_are_acknowledged(channels: Channels, customers: Customers) -> None:
    mail = _mail(channels, customers, "attachment").body
    assert "attachment" in mail
    assert FACTS[0] in mail, "the question beside the attachment is answered too"
    assert "attachment" in _text(channels, customers, "attachment")


async def test_r7_machines_get_no_reply_and_everybody_else_exactly_one(
    product: Product, channels: Channels, customers: Customers
) -> None:
    await expect_one_reply_each(product, channels, customers.expecting_reply(), seconds=ANSWERED_S)
    assert [channels.mails_to(machine) for machine in customers.machines] == [[], [], []]
    async with store_of(product) as store:
        keys = [f"email:{machine}" for machine in customers.machines]
        states = await store.fetch("SELECT state FROM inbox WHERE sender_key = ANY ($1::text[])", keys)
    assert [row["state"] for row in states] == ["ignored"] * 3


async def test_g15_follow_ups_join_the_thread_and_the_chat(
    product: Product, channels: Channels, customers: Customers
) -> None:
    """Runs last: it adds a second reply for these two."""
    first = _mail(channels, customers, "question")
    more = "Thank you. And how do I turn on two-factor authentication?"
    sender, number = customers.mail["question"], customers.phone["question"]
    again = channels.mail.write_mail(sender=sender, subject="Re: Signing in", text=more, reply_to=first.message_id)
    channels.phone.write_whatsapp(number, more)
    wait_until(lambda: len(channels.mails_to(sender)) == len(channels.texts_to(number)) == 2, within_s=ANSWERED_S)
    await settled(product, seconds=ANSWERED_S)
    second = channels.mails_to(sender)[1]
    assert (second.thread, second.header("In-Reply-To")) == (first.thread, again["rfc_message_id"])
    known = (second.header("References") or "").split()
    assert known == [
        customers.gmail["question"]["rfc_message_id"],
        first.details["rfc_message_id"],
        again["rfc_message_id"],
    ]
    for answer in (second.body, channels.texts_to(number)[1].body):
        assert "two-factor" in answer.lower()
    async with store_of(product) as store:
        tickets = (
            "SELECT count(*) FROM tickets t JOIN conversations c ON c.id = t.conversation_id WHERE c.sender_key = $1"
        )
        assert await store.fetchval(tickets, f"email:{sender}") == 1
        assert await store.fetchval(tickets, f"whatsapp:{number}") == 1
