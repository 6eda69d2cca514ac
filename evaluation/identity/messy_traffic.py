"""What simulated people do: write, link, mistype, impersonate; and how each action reaches the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Literal

from db.ids import new_id
from db.intake.channels import ChannelMessage, accept_message
from db.intake.web_form import accept_form
from db.pool import Pool, acquire
from deployments.identity.links import IdentityLinks, LinkKey
from evaluation.identity.messy_people import (
    Person,
    mistyped_address,
    spelled_address,
    spelled_number,
    tagged_address,
    whatsapp_id,
)
from ingest.events import INCOMING
from ingest.mail.headers.addresses import parse_from
from ingest.web_form import SupportForm, new_form
from ingest.whatsapp.sender_id import normalise_whatsapp

Kind = Literal["mail", "forged", "whatsapp", "form", "link"]
SHARED = 40
"""One person in so many writes from a mailbox that their team shares."""
RECYCLED = 25
"""One person in so many gets a number that another person had before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action of a person.

    `party` is the true correspondent: all linked identifiers of a person are one, and so is a shared mailbox.
    `evidence` says whether the store gets proof of that, now or later.
    """

    kind: Kind
    person: Person
    party: str
    evidence: bool = True
    address: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message that was stored: its key in the inbox, who wrote it, whether the channel verified the sender."""

    key: str
    party: str
    evidence: bool
    proven: bool


def plan(crowd: Sequence[Person], seed: int) -> tuple[list[Action], list[Action]]:
    """Return the actions before and after the half year in which some numbers are silent."""
    rng = Random(seed + 1)
    before = [action for person in crowd for action in _actions_of(person, crowd, rng)]
    heirs = crowd[RECYCLED - 1 :: RECYCLED]
    after = []
    for heir in heirs:
        former = crowd[heir.n - 1]
        owner = replace(heir, country=former.country, digits=former.digits)
        party = f"heir {heir.n} of {former.n}"
        after += [Action(kind="whatsapp", person=owner, party=party) for _ in range(2)]
    return before, after


def _actions_of(person: Person, crowd: Sequence[Person], rng: Random) -> list[Action]:
    """Return the actions of one person: mail, forms and WhatsApp, linked or not, and slips."""
    links = rng.random() < 0.3
    by_mail, by_number = f"person {person.n}", f"person {person.n}" if links else f"number of {person.n}"
    shared = person.n % SHARED == 0
    actions = [
        Action(kind="mail", person=person, party=by_mail, address=spelled_address(person, rng))
        for _ in range(rng.randint(1, 3))
    ]
    actions += [
        Action(kind="form", person=person, party=by_mail, address=spelled_address(person, rng))
        for _ in range(rng.randint(0, 2))
    ]
    actions += [Action(kind="whatsapp", person=person, party=by_number) for _ in range(rng.randint(1, 2))]
    if shared:
        # Three people write from the mailbox of their team, which is one correspondent.
        team = f"team{person.n // (3 * SHARED)}@teams.example"
        actions += [Action(kind="mail", person=person, party=team, address=team) for _ in range(2)]
    actions += _slips(person, crowd, rng)
    rng.shuffle(actions)
    if links:
        number, address = spelled_number(person, rng), spelled_address(person, rng)
        actions.append(Action(kind="link", person=person, party=by_mail, address=address, number=number))
        actions.append(Action(kind="whatsapp", person=person, party=by_mail))
    return actions


def _slips(person: Person, crowd: Sequence[Person], rng: Random) -> list[Action]:
    """Return actions that nothing proves: typos, other addresses of a mailbox, forms and mails in others' names."""
    victim = crowd[rng.randrange(len(crowd))]
    actions = []
    if rng.random() < 0.15:
        actions.append(Action(kind="form", person=person, party="", address=mistyped_address(person, crowd, rng)))
    if rng.random() < 0.15:
        actions.append(Action(kind="form", person=person, party="", address=tagged_address(person, rng)))
    if rng.random() < 0.2:
        own = spelled_number(person, rng)
        actions.append(Action(kind="form", person=person, party="", address=victim.address, number=own))
    if rng.random() < 0.1:
        number = spelled_number(victim, rng)
        actions.append(Action(kind="form", person=person, party="", address=person.address, number=number))
    if rng.random() < 0.1:
        actions.append(Action(kind="forged", person=person, party="", address=victim.address))
    return [replace(action, party=f"slip of {person.n}", evidence=False) for action in actions]


class Traffic:
    """Performs actions on a store, with the statements that the channels use."""

    def __init__(self, *, pool: Pool) -> None:
        self._pool = pool
        self.written: list[Written] = []
        self._links = IdentityLinks(pool=pool, secret_key=new_id().hex, public_base_url="http://127.0.0.1")

    async def do(self, action: Action) -> None:
        """Perform one action."""
        match action.kind:
            case "form":
                await self._form(action)
            case "link":
                if request := await self._links.request(await self._form(action)):
                    await self._links.confirm(self._links.token(LinkKey(link_id=request, side="email")))
                    await self._links.confirm(self._links.token(LinkKey(link_id=request, side="number")))
            case _:
                await self._message(action)

    async def _form(self, action: Action) -> str:
        form = SupportForm(
            name=action.person.name,
            email=action.address,
            phone=action.number or None,
            subject="A question",
            category="how_to",
            message="How do I export a board?",
        )
        new = new_form(form, key=None, now=datetime.now(UTC))
        async with acquire(self._pool) as connection:
            accepted = await accept_form(connection, new)
        self._record(new.key, action, proven=False)
        return accepted.ticket_number

    async def _message(self, action: Action) -> None:
        message = _whatsapp(action) if action.kind == "whatsapp" else _mail(action)
        async with acquire(self._pool) as connection:
            await accept_message(connection, message)
        self._record(message.provider_message_id, action, proven=message.verified)

    def _record(self, key: str, action: Action, *, proven: bool) -> None:
        self.written.append(Written(key=key, party=action.party, evidence=action.evidence, proven=proven))


def _mail(action: Action) -> ChannelMessage:
    sender = parse_from(f'"{action.person.name}" <{action.address}>').address
    verified, key = action.kind == "mail", new_id().hex
    return ChannelMessage(
        channel="email",
        provider="gmail",
        provider_message_id=key,
        identifier_type="email",
        identifier=sender,
        verified=verified,
        content="How do I export a board?",
        received_at=datetime.now(UTC),
        topic=INCOMING,
        display_name=action.person.name,
        thread_key=key,
        join_key=f"mail:{key}:{sender}" if verified else None,
    )


def _whatsapp(action: Action) -> ChannelMessage:
    sender = normalise_whatsapp(whatsapp_id(action.person))
    return ChannelMessage(
        channel="whatsapp",
        provider="twilio",
        provider_message_id=new_id().hex,
        identifier_type="whatsapp",
        identifier=sender,
        verified=True,
        content="How do I export a board?",
        received_at=datetime.now(UTC),
        topic=INCOMING,
        display_name=action.person.name,
        join_key=f"whatsapp:{sender}",
        join_within_s=72 * 3600.0,
    )
