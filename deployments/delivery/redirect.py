"""Where a word goes that its channel takes no more (R8): to an address that its recipient has linked to himself."""

from __future__ import annotations

from uuid import UUID

from db.outbound import outbox
from db.pool import Connection
from db.turns import open_turn


async def redirect(connection: Connection, outbox_id: UUID) -> bool:
    """Send the word by mail instead; False where its recipient has linked no address, or a piece of it is out.

    Run it inside a transaction.
    """
    customer, sender = await outbox.sender_of(connection, outbox_id)
    address = await open_turn.linked_email(connection, customer, sender_key=sender)
    return address is not None and await outbox.redirect(connection, outbox_id, address)
