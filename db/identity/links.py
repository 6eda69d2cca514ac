"""One-time links: an address and a number that one form named become one customer's when both have been confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from db.identity import merges
from db.identity.merges import AlreadyOneError
from db.ids import new_id
from db.pool import Connection
from db.records import Channel, IdentifierType
from db.sql import statements

Side = Literal["email", "number"]
"""Which of the two a link was sent to, and proves."""
VALID_S = 24 * 3600.0
_SQL = statements(__file__)


class LinkUsedError(Exception):
    """The link was used before, has expired, or its number is no longer its owner's: nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTogether:
    """What the form of a ticket named: an address (as claimed), and a number whose owner has proven it."""

    ticket_id: UUID
    ticket_number: str
    email: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is written to one identifier. `body` is sent; `said` is what the record keeps of it, without the link."""

    link_id: UUID
    channel: Channel
    type: IdentifierType
    value: str
    subject: str
    said: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLink:
    """A link that can still be confirmed from the side that asks."""

    id: UUID
    email: str
    number: str


async def named_together(connection: Connection, ticket_number: str) -> NamedTogether | None:
    """Return what a form's ticket offers to link; None where it named no number that somebody has proven."""
    row = await connection.fetchrow(_SQL["named_together"], ticket_number)
    return None if row is None else NamedTogether(**row)


async def may_write_to(connection: Connection, type_: IdentifierType, value: str) -> bool:
    """Take the right to write to an identifier about a link: once an hour, however many ask at once."""
    return bool(await connection.fetchval(_SQL["write_to"], type_, value))


async def ask(connection: Connection, link_id: UUID, named: NamedTogether, notices: Sequence[Notice]) -> None:
    """Keep the request and queue its notices. Run it inside a transaction."""
    await connection.execute(_SQL["ask"], link_id, named.email, named.number, named.ticket_id, VALID_S)
    for notice in notices:
        ids = {name: str(new_id()) for name in ("conversation_id", "ticket_id", "message_id", "outbox_id")}
        fields = {
            "link_id": str(notice.link_id),
            "channel": notice.channel,
            "type": notice.type,
            "value": notice.value,
            "subject": notice.subject,
            "said": notice.said,
            "body": notice.body,
        }
        await connection.execute(_SQL["notice"], ids | fields)


async def find_open(connection: Connection, link_id: UUID, side: Side) -> OpenLink | None:
    """Return the link if this side can still confirm it; looking uses nothing up."""
    row = await connection.fetchrow(_SQL["open_link"], link_id, side)
    return None if row is None else OpenLink(**row)


async def confirm(connection: Connection, link_id: UUID, side: Side) -> bool:
    """Use up the link of one side and commit; True when the other was confirmed before and the two are one now.

    Raises LinkUsedError, CustomerBusyError.
    """
    async with connection.transaction():
        row = await connection.fetchrow(_SQL["confirm"], link_id, side)
        if row is None:
            raise LinkUsedError
        if row["complete"]:
            await _complete(connection, link_id, row["email"], row["number"])
        seen = ("email", row["email"]) if side == "email" else ("whatsapp", row["number"])
        await connection.execute(_SQL["seen"], *seen)
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
        await connection.execute(_SQL["note"], winner, type_, value, merge_id, link_id)
