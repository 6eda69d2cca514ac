"""What the demo reads from the store: mail and WhatsApp senders are not told their ticket's number."""

from __future__ import annotations

from typing import Literal

from db.pool import Connection
from db.sql import statements

Provider = Literal["gmail", "twilio"]
_SQL = statements(__file__)


async def ticket_of(connection: Connection, provider: Provider, provider_message_id: str) -> str | None:
    """Return the number of a message's ticket; None while the message has not been accepted."""
    number: str | None = await connection.fetchval(_SQL["ticket_of"], provider, provider_message_id)
    return number
