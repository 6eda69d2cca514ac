"""Opens the due turns of leased customers: the sender's identity, the waiting messages and the conversation so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from db.pool import Connection
from db.records import Lease, Message, Ticket, Turn, WaitingMessage
from db.sql import statements
from db.turns.turn_text import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WAITING = 50
"""Messages that one turn may join; the rest is the next turn's."""
MAX_EARLIER = 12
MAX_SENTIMENTS = 50
MAX_HISTORY = 20
_SQL = statements(__file__)


async def open_turns(connection: Connection, leases: Sequence[Lease]) -> list[Turn]:
    """Return the due turn of each leased customer, if there is one, and mark its ticket `processing`.

    The caller holds the leases, so that nobody else answers the turn meanwhile.
    """
    by_customer = {lease.customer_id: lease for lease in leases}
    rows = await connection.fetch(_SQL["open_turns"], list(by_customer), MAX_WAITING, MAX_EARLIER, MAX_SENTIMENTS)
    return [
        turn_from(row, by_customer[row["customer_id"]], await history_of(connection, row) if row["tier"] else ())
        for row in rows
    ]


async def linked_email(connection: Connection, customer_id: UUID, *, sender_key: str) -> str | None:
    """Return the e-mail address for a reply that WhatsApp can't deliver (R8), or None.

    Only an address that was linked to this very sender, by one-time links or by the staff.
    """
    found: str | None = await connection.fetchval(_SQL["linked_email"], customer_id, sender_key)
    return found


async def history_of(connection: Connection, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the customer's other tickets that the sender of an `open_turns` row may see: a line each, oldest first.

    Below tier 2, forms that only claimed this identifier are shown without their subject.
    """
    sender = await connection.fetchval(_SQL["sender_key"], row["conversation_id"])
    found = await connection.fetch(
        _SQL["history"],
        row["customer_id"],
        row["conversation_id"],
        sender,
        row["tier"],
        row["verified_at"],
        MAX_HISTORY,
    )
    return tuple(
        f"{t['number']} {t['category']}, {t['status']}, {t['created_at']:%Y-%m-%d}"
        + (f": {t['subject']}" if t["subject_shown"] else " (claimed in a form)")
        for t in reversed(found)
    )


def turn_from(row: Mapping[str, Any], lease: Lease, history: tuple[str, ...]) -> Turn:
    """Return the turn in a row with the columns of `open_turns`."""
    # Anybody may type the customer's address: the name on file is shown to verified senders only.
    known_name = row["known_name"] if row["tier"] else None
    return Turn(
        lease=lease,
        customer_id=row["customer_id"],
        customer_name=known_name or row["typed_name"] or "",
        tier=row["tier"],
        channel=row["channel"],
        recipient=row["recipient"],
        conversation_id=row["conversation_id"],
        owner=row["owner"],
        owner_token=row["owner_token"],
        not_before=row["not_before"],
        ticket=_ticket(row),
        waiting=tuple(
            WaitingMessage(inbox_id=i, message_id=m, content=c, attempts=a, received_at=r)
            for i, m, c, a, r in zip(
                row["inbox_ids"],
                row["message_ids"],
                bounded(row["contents"]),
                row["attempts"],
                row["received_ats"],
                strict=True,
            )
        ),
        earlier=_earlier(row),
        history=history,
        sentiments=tuple(row["sentiments"] or ()),
        replies_last_hour=row["replies_last_hour"],
        replies_last_day=row["replies_last_day"],
        unparsed=row["unparsed"],
        doubtful=row["doubtful"],
    )


def _ticket(row: Mapping[str, Any]) -> Ticket:
    return Ticket(
        id=row["ticket_id"],
        number=row["number"],
        customer_id=row["customer_id"],
        conversation_id=row["conversation_id"],
        source_channel=row["source_channel"],
        category=row["category"],
        priority=row["priority"],
        subject=row["subject"],
        status=row["status"],
        escalation_reason=row["escalation_reason"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        resolved_at=row["resolved_at"],
        labelled_by=row["labelled_by"],
    )


def _earlier(row: Mapping[str, Any]) -> tuple[Message, ...]:
    columns = (
        "earlier_ids",
        "directions",
        "authors",
        "channels",
        "earlier_contents",
        "earlier_sentiments",
        "created_ats",
    )
    return tuple(
        Message(id=i, direction=d, author=a, channel=ch, content=c, sentiment=s, created_at=at)
        for i, d, a, ch, c, s, at in _zip(row, *columns)
    )


def _zip(row: Mapping[str, Any], *columns: str) -> list[tuple[Any, ...]]:
    return list(zip(*(row[column] or () for column in columns), strict=True))
