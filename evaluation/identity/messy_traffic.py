"""What messy people do: write, link, mistype, pretend to be others; and how each of it reaches the store."""

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
from deployments.identity.links import IdentityLinks, Key
from evaluation.identity.messy_people import (
    Person,
    mistyped_address,
    spelled_address,
    spelled_number,
    tagged_address,
    whatsapp_id,
)
from ingest.events import INCOMING
from ingest.mail.addresses import parse_from
from ingest.web_form import SupportForm, new_form
from ingest.whatsapp.sender_id import normalise_whatsapp

Kind = Literal["mail", "forged", "whatsapp", "form", "link"]
SHARED = 40
"""Of so many people one writes from the mailbox that his team shares."""
RECYCLED = 25
"""Of so many people one gets a number that somebody else had before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One thing that a person does.

    `party` is the correspondent who truly wrote it: of one person what he has linked, of a shared mailbox the mailbox.
    `evidence` says whether the store was given proof of that, now or later.
    """

    kind: Kind
    person: Person
    party: str
    evidence: bool = True
    address: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message that was taken in: its key in the inbox, who wrote it, whether its channel has proven that."""

    key: str
    party: str
    evidence: bool
    proven: bool


def plan(crowd: Sequence[Person], seed: int) -> tuple[list[Doing], list[Doing]]:
    """Return what is done before the half year of silence of some numbers, and what is done after it."""
    dice = Random(seed + 1)
    before = [doing for person in crowd for doing in _life(person, crowd, dice)]
    heirs = crowd[RECYCLED - 1 :: RECYCLED]
    after = []
    for heir in heirs:
        former = crowd[heir.n - 1]
        owner = replace(heir, country=former.country, digits=former.digits)
        party = f"heir {heir.n} of {former.n}"
        after += [Doing(kind="whatsapp", person=owner, party=party) for _ in range(2)]
    return before, after


def _life(person: Person, crowd: Sequence[Person], dice: Random) -> list[Doing]:
    """What one person does in his time: mail and forms, WhatsApp, both linked or not, and what he does wrong."""
    links = dice.random() < 0.3
    by_mail, by_number = f"person {person.n}", f"person {person.n}" if links else f"number of {person.n}"
    shared = person.n % SHARED == 0
    doings = [
        Doing(kind="mail", person=person, party=by_mail, address=spelled_address(person, dice))
        for _ in range(dice.randint(1, 3))
    ]
    doings += [
        Doing(kind="form", person=person, party=by_mail, address=spelled_address(person, dice))
        for _ in range(dice.randint(0, 2))
    ]
    doings += [Doing(kind="whatsapp", person=person, party=by_number) for _ in range(dice.randint(1, 2))]
    if shared:
        # The mailbox of his team: three write from it, and it is one correspondent.
        team = f"team{person.n // (3 * SHARED)}@teams.example"
        doings += [Doing(kind="mail", person=person, party=team, address=team) for _ in range(2)]
    doings += _slips(person, crowd, dice)
    dice.shuffle(doings)
    if links:
        number, address = spelled_number(person, dice), spelled_address(person, dice)
        doings.append(Doing(kind="link", person=person, party=by_mail, address=address, number=number))
        doings.append(Doing(kind="whatsapp", person=person, party=by_mail))
    return doings


def _slips(person: Person, crowd: Sequence[Person], dice: Random) -> list[Doing]:
    """Typos, other addresses of the same mailbox, forms and mails in other people's names: nothing proves them."""
    victim = crowd[dice.randrange(len(crowd))]
    doings = []
    if dice.random() < 0.15:
        doings.append(Doing(kind="form", person=person, party="", address=mistyped_address(person, crowd, dice)))
    if dice.random() < 0.15:
        doings.append(Doing(kind="form", person=person, party="", address=tagged_address(person, dice)))
    if dice.random() < 0.2:
        own = spelled_number(person, dice)
        doings.append(Doing(kind="form", person=person, party="", address=victim.address, number=own))
    if dice.random() < 0.1:
        number = spelled_number(victim, dice)
        doings.append(Doing(kind="form", person=person, party="", address=person.address, number=number))
    if dice.random() < 0.1:
        doings.append(Doing(kind="forged", person=person, party="", address=victim.address))
    return [replace(doing, party=f"slip of {person.n}", evidence=False) for doing in doings]


class Traffic:
    """Carries doings into a store, through the statements that the channels themselves use."""

    def __init__(self, *, pool: Pool) -> None:
        self._pool = pool
        self.written: list[Written] = []
        self._links = IdentityLinks(pool=pool, secret_key=new_id().hex, public_base_url="http://127.0.0.1")

    async def do(self, doing: Doing) -> None:
        """Do one thing."""
        match doing.kind:
            case "form":
                await self._form(doing)
            case "link":
                if request := await self._links.ask(await self._form(doing)):
                    await self._links.confirm(self._links.token(Key(link_id=request, side="email")))
                    await self._links.confirm(self._links.token(Key(link_id=request, side="number")))
            case _:
                await self._message(doing)

    async def _form(self, doing: Doing) -> str:
        form = SupportForm(
            name=doing.person.name,
            email=doing.address,
            phone=doing.number or None,
            subject="A question",
            category="how_to",
            message="How do I export a board?",
        )
        new = new_form(form, key=None, now=datetime.now(UTC))
        async with acquire(self._pool) as connection:
            accepted = await accept_form(connection, new)
        self._note(new.key, doing, proven=False)
        return accepted.ticket_number

    async def _message(self, doing: Doing) -> None:
        message = _whatsapp(doing) if doing.kind == "whatsapp" else _mail(doing)
        async with acquire(self._pool) as connection:
            await accept_message(connection, message)
        self._note(message.provider_message_id, doing, proven=message.verified)

    def _note(self, key: str, doing: Doing, *, proven: bool) -> None:
        self.written.append(Written(key=key, party=doing.party, evidence=doing.evidence, proven=proven))


def _mail(doing: Doing) -> ChannelMessage:
    sender = parse_from(f'"{doing.person.name}" <{doing.address}>').address
    verified, key = doing.kind == "mail", new_id().hex
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
        display_name=doing.person.name,
        thread_key=key,
        join_key=f"mail:{key}:{sender}" if verified else None,
    )


def _whatsapp(doing: Doing) -> ChannelMessage:
    sender = normalise_whatsapp(whatsapp_id(doing.person))
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
        display_name=doing.person.name,
        join_key=f"whatsapp:{sender}",
        join_within_s=72 * 3600.0,
    )
