"""Linking an e-mail address with a WhatsApp number by two one-time links, one sent to each.

A web form that names both triggers it. Only a person who reads both inboxes can confirm both links. The messages repeat
nothing of what the form's sender typed, except four digits of the number or the first letter of the address.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from db.identity import links
from db.identity.links import ClaimedPair, Notice, Side
from db.ids import new_id
from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool, acquire, transaction
from db.records import Channel, IdentifierType
from deployments.rules.formatting import render

SUBJECT = "Confirm that this is you"
RECORD_TEXT = "A one-time link was sent here to confirm that this address or number is the customer's."
"""What the conversation's record shows in place of the body: the token must not be stored."""
BODY = (
    "Somebody has asked us to link {this} with {other}. "
    "If that was you, open this link within 24 hours and confirm:\n\n"
    "{link}\n\n"
    "A second link went to {other}; both have to be confirmed. From then on, whoever writes from either of them "
    "can read about the requests of both. If it was not you, do nothing: then nothing changes."
)
_MAC_BYTES = 24


class _RateLimitedError(Exception):
    """One of the two identifiers got a link within the last hour: nothing is sent, the transaction rolls back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkKey:
    """What a token encodes: the linking request, and the side that the link was sent to."""

    link_id: UUID
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPreview:
    """What a link's page shows: the identifier that it was sent to, and a hint of the other one."""

    side: Side
    yours: str
    other: str


class IdentityLinks:
    """Requests, previews and confirms links. Tokens are signed with `secret_key`; those of the previous keys hold."""

    def __init__(self, *, pool: Pool, secret_key: str, public_base_url: str, previous_keys: Sequence[str] = ()) -> None:
        self._pool, self._base = pool, public_base_url
        self._secrets = [key.encode() for key in (secret_key, *previous_keys)]
        self._configs = ChannelConfigs(pool)

    async def request(self, ticket_number: str) -> UUID | None:
        """Send both links and return the request's id.

        None when the ticket's form did not name a pair that can be linked, or when one of the two got a link within the
        last hour. Callers must not show which: it would reveal whether an address or a number is known.
        """
        async with acquire(self._pool) as connection:
            named = await links.claimed_pair(connection, ticket_number)
        if named is None:
            return None
        link_id = new_id()
        notices = [await self._notice(link_id, named, side) for side in ("email", "number")]
        with contextlib.suppress(_RateLimitedError):
            async with transaction(self._pool) as connection:
                for notice in notices:
                    if not await links.reserve_notice(connection, notice.type, notice.value):
                        raise _RateLimitedError
                await links.request_link(connection, link_id, named, notices)
                return link_id
        return None

    async def preview(self, token: str) -> LinkPreview | None:
        """Return what a link would confirm, without using it up; None for a forged, used or expired token."""
        key = self.read_token(token)
        if key is None:
            return None
        async with acquire(self._pool) as connection:
            found = await links.find_open(connection, key.link_id, key.side)
        if found is None:
            return None
        if key.side == "email":
            return LinkPreview(side="email", yours=found.email, other=_number_hint(found.number))
        return LinkPreview(side="number", yours=found.number, other=_address_hint(found.email))

    async def confirm(self, token: str) -> bool:
        """Use up a link. True when both sides are confirmed now, False while the other side is pending.

        Raises LinkUsedError, also for a forged token.
        """
        key = self.read_token(token)
        if key is None:
            raise links.LinkUsedError
        async with acquire(self._pool) as connection:
            return await links.confirm(connection, key.link_id, key.side)

    def token(self, key: LinkKey) -> str:
        """Return the token of one side's link: `<request>.<side>.<HMAC-SHA256 over both, truncated to 24 bytes>`."""
        return f"{key.link_id.hex}.{key.side}.{_mac(key, self._secrets[0])}"

    def read_token(self, token: str) -> LinkKey | None:
        """Return what a token encodes, or None if its signature is wrong. Makes no database query."""
        link, _, rest = token.partition(".")
        side, _, mac = rest.partition(".")
        if side not in ("email", "number"):
            return None
        try:
            key = LinkKey(link_id=UUID(hex=link), side="email" if side == "email" else "number")
        except ValueError:
            return None
        given = mac.encode("utf-8", "replace")
        ours = any(hmac.compare_digest(_mac(key, secret).encode(), given) for secret in self._secrets)
        return key if ours and link == key.link_id.hex else None

    async def _notice(self, link_id: UUID, named: ClaimedPair, side: Side) -> Notice:
        url = f"{self._base}/link#{self.token(LinkKey(link_id=link_id, side=side))}"
        type_: IdentifierType = "email" if side == "email" else "whatsapp"
        channel: Channel = "email" if side == "email" else "whatsapp"
        this, other = "this e-mail address", f"the WhatsApp number that {_number_hint(named.number)}"
        if side == "number":
            this, other = "this number", f"the e-mail address that {_address_hint(named.email)}"
        body = render(
            await self._configs.get(channel),
            body=BODY.format(this=this, other=other, link=url),
            name="",
            ticket=named.ticket_number,
            # A template may contain the link, and the reader need not be the form's sender: the look-up page, never
            # the ticket.
            link=f"{self._base}/status",
        )
        value = named.email if side == "email" else named.number
        return Notice(
            link_id=link_id,
            channel=channel,
            type=type_,
            value=value,
            subject=SUBJECT,
            record_text=RECORD_TEXT,
            body=body,
        )


def _mac(key: LinkKey, secret: bytes) -> str:
    digest = hmac.new(secret, f"identity-link:{key.link_id.hex}:{key.side}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_MAC_BYTES]).decode()


def _number_hint(number: str) -> str:
    return f"ends in {number[-4:]}"


def _address_hint(address: str) -> str:
    return f"begins with {address[0]}" if address[:1].isalnum() else "you gave us"
