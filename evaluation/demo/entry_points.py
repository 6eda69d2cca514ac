"""The doors that the demo knocks at: the web form, and mail and WhatsApp where stand-ins for their providers run."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from db.measurement.demo_reads import Provider, ticket_of
from db.pool import Pool, acquire
from evaluation.client import FINISHED, ProductClient
from evaluation.demo.console_client import StandIns
from evaluation.demo.samples import Sample


class RefusedError(Exception):
    """The product did not take the sample: it ends as refused, with this reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A sample on its way. `reference`: the ticket's number, or the provider's id of the message; `secret`: what opens
    the ticket to its customer; `address`: where he reads the answer."""

    sample: Sample
    reference: str
    address: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What has become of a sample so far. `words`: the agent's in the ticket; `arrived`: the texts that its customer
    has where he reads, a long WhatsApp in parts."""

    ticket: str = ""
    status: str = "not taken in"
    reason: str | None = None
    words: tuple[str, ...] = ()
    arrived: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """The ticket waits for nobody but the customer or a person, and the customer has been told so."""
        return self.status in FINISHED and self.answers > 0

    @property
    def answers(self) -> int:
        """How often the customer was answered: 0 until the agent's word has arrived as a whole."""
        if not self.words or _squeezed(self.words[0]) not in _squeezed("".join(self.arrived)):
            return 0
        return max(len(self.words), *Counter(self.arrived).values())


class EntryPoint(Protocol):
    """One way in, and the look at what became of what went in there."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    async def send(self, sample: Sample) -> Sent:
        """Let the sample's customer write. Raises RefusedError, ProductUnreachableError."""

    async def fate(self, sent: Sent) -> Fate:
        """Look what has become of it. Raises ProductUnreachableError."""


class FormEntryPoint:
    """The web form; the answer is read with the ticket's own token."""

    name = "form"

    def __init__(self, client: ProductClient) -> None:
        self._client = client

    async def send(self, sample: Sample) -> Sent:
        """As EntryPoint.send. A fresh key: playing the samples twice makes two sets of tickets."""
        accepted = await self._client.submit(sample.form, key=f"demo-{sample.id}-{uuid4()}")
        if accepted.status != 201:
            raise RefusedError(f"{accepted.status} {accepted.body.get('error', '')}".strip())
        return Sent(sample=sample, reference=accepted.body["ticket_id"], secret=accepted.body["status_token"])

    async def fate(self, sent: Sent) -> Fate:
        """As EntryPoint.fate. What the ticket's page shows has arrived."""
        ticket = (await self._client.ticket(sent.reference, sent.secret)).body
        words = _agents_words(ticket)
        return _fate(sent.reference, ticket, arrived=words)


class StandInEntryPoint:
    """A channel whose provider is stood in for. The answer is read where it arrived, the outcome by the staff's call;
    `client` has the operator's token for that."""

    name: str
    provider: Provider

    def __init__(self, stand_ins: StandIns, client: ProductClient, pool: Pool) -> None:
        self._stand_ins, self._client, self._pool = stand_ins, client, pool

    async def fate(self, sent: Sent) -> Fate:
        """As EntryPoint.fate."""
        arrived = tuple(await self._stand_ins.arrived(sent.address))
        async with acquire(self._pool) as database:
            number = await ticket_of(database, self.provider, sent.reference)
        if number is None:
            return Fate(arrived=arrived)
        return _fate(number, (await self._client.ticket(number, "")).body, arrived=arrived)


class MailEntryPoint(StandInEntryPoint):
    """The Gmail stand-in."""

    name = "mail"
    provider: Provider = "gmail"

    async def send(self, sample: Sample) -> Sent:
        """As EntryPoint.send, from an address that has never written: a known one gets few automatic mails an hour."""
        local, _, domain = sample.form["email"].partition("@")
        sender = f"{local}.{sample.id.lower()}.{secrets.token_hex(4)}@{domain}"
        form = sample.form
        reference = await self._stand_ins.write_mail(
            sender=sender, name=form["name"], subject=form["subject"], text=form["message"]
        )
        return Sent(sample=sample, reference=reference, address=sender)


class WhatsAppEntryPoint(StandInEntryPoint):
    """The Twilio stand-in."""

    name = "whatsapp"
    provider: Provider = "twilio"

    async def send(self, sample: Sample) -> Sent:
        """As EntryPoint.send, from a number that has never written: a known one would go on in its conversation."""
        number = fictional_number(taken=await self._stand_ins.writers())
        reference = await self._stand_ins.write_whatsapp(
            number=number, name=sample.form["name"], text=sample.form["message"]
        )
        return Sent(sample=sample, reference=reference, address=number)


def fictional_number(taken: set[str]) -> str:
    """A number out of those that North America keeps for films, +1 ... 555 01.., E.164; none of `taken`."""
    while True:
        number = f"+1{random.randint(201, 989)}55501{random.randint(0, 99):02}"
        if number not in taken:
            return number


def _fate(number: str, ticket: dict[str, Any], *, arrived: tuple[str, ...]) -> Fate:
    return Fate(
        ticket=number,
        status=ticket.get("status", "?"),
        reason=ticket.get("escalation_reason"),
        words=_agents_words(ticket),
        arrived=arrived,
    )


def _agents_words(ticket: dict[str, Any]) -> tuple[str, ...]:
    return tuple(response["text"] for response in ticket.get("responses", []) if response["author"] == "agent")


def _squeezed(text: str) -> str:
    """Without white space: mail folds lines, and WhatsApp's parts lose it where they were cut."""
    return "".join(text.split())
