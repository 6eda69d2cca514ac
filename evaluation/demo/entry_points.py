"""The demo's entry points: the web form, and mail and WhatsApp where stand-ins for their providers run."""

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
from evaluation.demo.console_client import ConsoleClient
from evaluation.demo.samples import Sample


class RefusedError(Exception):
    """The product did not accept the sample: it ends as refused, with this reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A sample that was sent. `reference` is the ticket's number or the provider's id of the message, `secret` the
    ticket's status token, `address` where the customer reads the reply."""

    sample: Sample
    reference: str
    address: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOutcome:
    """What has become of a sample so far. `replies` are the agent's in the ticket, `arrived` the texts that reached the
    customer, a long WhatsApp in parts."""

    ticket_number: str = ""
    status: str = "not taken in"
    reason: str | None = None
    replies: tuple[str, ...] = ()
    arrived: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """True when the product is done with the ticket and a reply has reached the customer."""
        return self.status in FINISHED and self.answers > 0

    @property
    def answers(self) -> int:
        """How often the customer was answered: 0 until the agent's reply has arrived as a whole."""
        if not self.replies or _squeezed(self.replies[0]) not in _squeezed("".join(self.arrived)):
            return 0
        return max(len(self.replies), *Counter(self.arrived).values())


class EntryPoint(Protocol):
    """Sends samples into the product and reads their outcomes."""

    @property
    def name(self) -> str:
        """The name in the report."""

    async def send(self, sample: Sample) -> Sent:
        """Send the sample as its customer. Raises RefusedError, ProductUnreachableError."""

    async def outcome(self, sent: Sent) -> SampleOutcome:
        """Read what has become of it so far. Raises ProductUnreachableError."""


class FormEntryPoint:
    """The web form; the reply is read with the ticket's status token."""

    name = "form"

    def __init__(self, client: ProductClient) -> None:
        self._client = client

    async def send(self, sample: Sample) -> Sent:
        """As EntryPoint.send. The key is random: playing the samples twice makes two sets of tickets."""
        accepted = await self._client.submit(sample.form, key=f"demo-{sample.id}-{uuid4()}")
        if accepted.status != 201:
            raise RefusedError(f"{accepted.status} {accepted.body.get('error', '')}".strip())
        return Sent(sample=sample, reference=accepted.body["ticket_id"], secret=accepted.body["status_token"])

    async def outcome(self, sent: Sent) -> SampleOutcome:
        """As EntryPoint.outcome. What the ticket's page shows has arrived."""
        ticket = (await self._client.ticket(sent.reference, sent.secret)).body
        return _outcome(sent.reference, ticket, arrived=_agent_replies(ticket))


class StandInEntryPoint:
    """A channel with a stand-in for its provider. Replies are read from the stand-in, the ticket over the API;
    `client` has the operator's token for that."""

    name: str
    provider: Provider

    def __init__(self, console: ConsoleClient, client: ProductClient, pool: Pool) -> None:
        self._console, self._client, self._pool = console, client, pool

    async def outcome(self, sent: Sent) -> SampleOutcome:
        """As EntryPoint.outcome."""
        arrived = tuple(await self._console.arrived(sent.address))
        async with acquire(self._pool) as connection:
            number = await ticket_of(connection, self.provider, sent.reference)
        if number is None:
            return SampleOutcome(arrived=arrived)
        return _outcome(number, (await self._client.ticket(number, "")).body, arrived=arrived)


class MailEntryPoint(StandInEntryPoint):
    """The Gmail stand-in."""

    name = "mail"
    provider: Provider = "gmail"

    async def send(self, sample: Sample) -> Sent:
        """As EntryPoint.send, from a new address: replies to a known one are rate-limited."""
        local, _, domain = sample.form["email"].partition("@")
        sender = f"{local}.{sample.id.lower()}.{secrets.token_hex(4)}@{domain}"
        form = sample.form
        reference = await self._console.write_mail(
            sender=sender, name=form["name"], subject=form["subject"], text=form["message"]
        )
        return Sent(sample=sample, reference=reference, address=sender)


class WhatsAppEntryPoint(StandInEntryPoint):
    """The Twilio stand-in."""

    name = "whatsapp"
    provider: Provider = "twilio"

    async def send(self, sample: Sample) -> Sent:
        """As EntryPoint.send, from a new number: a known one would continue its conversation."""
        number = fictional_number(taken=await self._console.writers())
        reference = await self._console.write_whatsapp(
            number=number, name=sample.form["name"], text=sample.form["message"]
        )
        return Sent(sample=sample, reference=reference, address=number)


def fictional_number(taken: set[str]) -> str:
    """Return a number in E.164 that North America reserves for fiction, +1 ... 555 01.., not in `taken`."""
    while True:
        number = f"+1{random.randint(201, 989)}55501{random.randint(0, 99):02}"
        if number not in taken:
            return number


def _outcome(number: str, ticket: dict[str, Any], *, arrived: tuple[str, ...]) -> SampleOutcome:
    return SampleOutcome(
        ticket_number=number,
        status=ticket.get("status", "?"),
        reason=ticket.get("escalation_reason"),
        replies=_agent_replies(ticket),
        arrived=arrived,
    )


def _agent_replies(ticket: dict[str, Any]) -> tuple[str, ...]:
    return tuple(response["text"] for response in ticket.get("responses", []) if response["author"] == "agent")


def _squeezed(text: str) -> str:
    """Remove white space, which mail changes by folding and WhatsApp where a text is split."""
    return "".join(text.split())
