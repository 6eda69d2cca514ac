"""One-time links: the address and the number of one form become one customer's once both links are confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from db.identity import merges
from db.identity.merges import AlreadyOneError
from db.ids import outbound_ids
from db.pool import Connection
from db.records import Channel, IdentifierType
from db.sql import statements

Side = Literal["email", "number"]
"""Which of the two a link was sent to, and verifies."""
VALID_S = 24 * 3600.0
_SQL = statements(__file__)


class LinkUsedError(Exception):
    """The link was used before, has expired, or its number is not verified any more: nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedPair:
    """An address and a number named in the form of a ticket; the address is a claim, the number's owner verified it."""

    ticket_id: UUID
    ticket_number: str
    email: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message with a link to one identifier. `body` is sent; `record_text`, without the link, is stored."""

    link_id: UUID
    channel: Channel
    type: IdentifierType
    value: str
    subject: str
    record_text: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLink:
    """A link that the side in question can still confirm."""

    id: UUID
    email: str
    number: str


async def claimed_pair(connection: Connection, ticket_number: str) -> ClaimedPair | None:
    """Return the pair that the form of a ticket named; None where it named no verified number."""
    row = await connection.fetchrow(_SQL["claimed_pair"], ticket_number)
    return None if row is None else ClaimedPair(**row)


async def reserve_notice(connection: Connection, type_: IdentifierType, value: str) -> bool:
    """Reserve the one link notice an hour that an identifier may get; False when it was sent or reserved."""
    return bool(await connection.fetchval(_SQL["reserve_notice"], type_, value))


async def request_link(connection: Connection, link_id: UUID, pair: ClaimedPair, notices: Sequence[Notice]) -> None:
    """Store the link and queue its notices. Must run inside a transaction."""
    await connection.execute(_SQL["add_link"], link_id, pair.email, pair.number, pair.ticket_id, VALID_S)
    for notice in notices:
        ids = outbound_ids()
        fields = {
            "link_id": str(notice.link_id),
            "channel": notice.channel,
            "type": notice.type,
            "value": notice.value,
            "subject": notice.subject,
            "record_text": notice.record_text,
            "body": notice.body,
        }
        await connection.execute(_SQL["add_notice"], ids | fields)


async def find_open(connection: Connection, link_id: UUID, side: Side) -> OpenLink | None:
    """Return the link if this side can still confirm it, without using it up."""
    row = await connection.fetchrow(_SQL["open_link"], link_id, side)
    return None if row is None else OpenLink(**row)


async def confirm(connection: Connection, link_id: UUID, side: Side) -> bool:
    """Confirm one side of a link and commit; True when the other was confirmed before and the two are one now.

    Raises LinkUsedError, CustomerBusyError.
    """
    async with connection.transaction():
        row = await connection.fetchrow(_SQL["confirm"], link_id, side)
        if row is None:
            raise LinkUsedError
        if row["complete"]:
            await _complete(connection, link_id, row["email"], row["number"])
        identifier = ("email", row["email"]) if side == "email" else ("whatsapp", row["number"])
        await connection.execute(_SQL["mark_seen"], *identifier)
        complete: bool = row["complete"]
        return complete


async def _complete(connection: Connection, link_id: UUID, email: str, number: str) -> None:
    owners = await connection.fetchrow(_SQL["owners"], email, number)
    if owners is None:
        raise LinkUsedError
    pair = (owners["email_owner"], owners["number_owner"])
    winner, loser = pair if owners["email_older"] else pair[::-1]
    keys = (f"email:{email}", f"whatsapp:{number}")
    try:
        made = await merges.merge(
            connection, winner=winner, loser=loser, tier=2, actor="link", evidence=f"link {link_id}", linked=keys
        )
        merge_id = made.id
    except AlreadyOneError:
        await merges.confirm(connection, winner, tier=2, keys=keys)
        merge_id = None
    await connection.execute(_SQL["complete"], link_id, merge_id)
    for type_, value in (("email", email), ("whatsapp", number)):
        await connection.execute(_SQL["add_evidence"], winner, type_, value, merge_id, link_id)
