"""Linking an address and a number: who may ask, what each of the two is told, and what opening a link proves.

A form that named both is the occasion. Each identifier gets a link of its own and nothing else; only whoever reads both
can confirm both. Nothing that a stranger typed is repeated but four digits of a number or one letter of an address.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from db.identity import links
from db.identity.links import NamedTogether, Notice, Side
from db.ids import new_id
from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool, acquire, transaction
from db.records import Channel, IdentifierType
from deployments.rules.formatting import render

SUBJECT = "Confirm that this is you"
SAID = "A one-time link was sent here to confirm that this address or number is the customer's."
TEXT = (
    "Somebody has asked us to link {this} with {other}. "
    "If that was you, open this link within 24 hours and confirm:\n\n"
    "{link}\n\n"
    "A second link went to {other}; both have to be confirmed. From then on, whoever writes from either of them "
    "can read about the requests of both. If it was not you, do nothing: then nothing changes."
)
_MAC_BYTES = 24


class _WrittenToError(Exception):
    """One of the two was written to within the hour: neither is, and what the first one took is given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a link stands for: a request, and the side that it was sent to."""

    link_id: UUID
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the page of a link shows: what it was sent to, and a hint of the other one."""

    side: Side
    yours: str
    other: str


class IdentityLinks:
    """Asks, shows and confirms."""

    def __init__(self, *, pool: Pool, secret_key: str, public_base_url: str) -> None:
        self._pool, self._secret, self._base = pool, secret_key.encode(), public_base_url
        self._configs = ChannelConfigs(pool)

    async def ask(self, ticket_number: str) -> UUID | None:
        """Send both links, if the ticket's form named what can be linked and neither was written to within the hour.

        Returns the request. Whoever asked is told nothing of it: it would tell whether somebody is known here.
        """
        async with acquire(self._pool) as connection:
            named = await links.named_together(connection, ticket_number)
        if named is None:
            return None
        link_id = new_id()
        notices = [await self._notice(link_id, named, side) for side in ("email", "number")]
        with contextlib.suppress(_WrittenToError):
            async with transaction(self._pool) as connection:
                for notice in notices:
                    if not await links.may_write_to(connection, notice.type, notice.value):
                        raise _WrittenToError
                await links.ask(connection, link_id, named, notices)
                return link_id
        return None

    async def look(self, token: str) -> Offer | None:
        """Return what a link is about without using it up; None for a forged, used or expired one."""
        key = self.opened(token)
        if key is None:
            return None
        async with acquire(self._pool) as connection:
            found = await links.find_open(connection, key.link_id, key.side)
        if found is None:
            return None
        if key.side == "email":
            return Offer(side="email", yours=found.email, other=_number_hint(found.number))
        return Offer(side="number", yours=found.number, other=_address_hint(found.email))

    async def confirm(self, token: str) -> bool:
        """Use a link up; True when the two are linked now, False when the other link is still to be confirmed.

        Raises LinkUsedError, also for a forged one.
        """
        key = self.opened(token)
        if key is None:
            raise links.LinkUsedError
        async with acquire(self._pool) as connection:
            return await links.confirm(connection, key.link_id, key.side)

    def token(self, key: Key) -> str:
        """Return the unguessable token of one side's link: the request, the side, and HMAC-SHA256 over both."""
        return f"{key.link_id.hex}.{key.side}.{self._mac(key)}"

    def opened(self, token: str) -> Key | None:
        """Return what a token stands for, or None if we did not make it; asks no database."""
        link, _, rest = token.partition(".")
        side, _, mac = rest.partition(".")
        if side not in ("email", "number"):
            return None
        try:
            key = Key(link_id=UUID(hex=link), side="email" if side == "email" else "number")
        except ValueError:
            return None
        ours = hmac.compare_digest(self._mac(key).encode(), mac.encode("utf-8", "replace"))
        return key if ours and link == key.link_id.hex else None

    def _mac(self, key: Key) -> str:
        digest = hmac.new(self._secret, f"identity-link:{key.link_id.hex}:{key.side}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:_MAC_BYTES]).decode()

    async def _notice(self, link_id: UUID, named: NamedTogether, side: Side) -> Notice:
        url = f"{self._base}/link#{self.token(Key(link_id=link_id, side=side))}"
        type_: IdentifierType = "email" if side == "email" else "whatsapp"
        channel: Channel = "email" if side == "email" else "whatsapp"
        this, other = "this e-mail address", f"the WhatsApp number that {_number_hint(named.number)}"
        if side == "number":
            this, other = "this number", f"the e-mail address that {_address_hint(named.email)}"
        body = render(
            await self._configs.get(channel),
            body=TEXT.format(this=this, other=other, link=url),
            name="",
            ticket=named.ticket_number,
            # A template may use it, and whoever has this address or number need not be who sent the form: the page
            # where a ticket is looked up, and never the ticket.
            link=f"{self._base}/status",
        )
        value = named.email if side == "email" else named.number
        return Notice(link_id=link_id, channel=channel, type=type_, value=value, subject=SUBJECT, said=SAID, body=body)


def _number_hint(number: str) -> str:
    return f"ends in {number[-4:]}"


def _address_hint(address: str) -> str:
    return f"begins with {address[0]}" if address[:1].isalnum() else "you gave us"
