"""Redirect of a reply that its channel no longer takes (R8) to an e-mail address that the recipient has linked."""

from __future__ import annotations

from uuid import UUID

from db.outbound import outbox
from db.pool import Connection
from db.turns import open_turn


async def redirect(connection: Connection, outbox_id: UUID) -> bool:
    """Send the reply by e-mail instead; False if no address is linked, or if a part of the reply was sent already.

    Must run inside a transaction.
    """
    customer, sender = await outbox.sender_of(connection, outbox_id)
    address = await open_turn.linked_email(connection, customer, sender_key=sender)
    return address is not None and await outbox.redirect_to_email(connection, outbox_id, address)
