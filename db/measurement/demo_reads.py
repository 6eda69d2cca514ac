"""What the demo asks of the store: a mail or a WhatsApp is not told which ticket it came into."""

from __future__ import annotations

from typing import Literal

from db.pool import Connection
from db.sql import statements

Provider = Literal["gmail", "twilio"]
_SQL = statements(__file__)


async def ticket_of(connection: Connection, provider: Provider, provider_message_id: str) -> str | None:
    """Return the number of the ticket that this message is in; None while it has not been taken in."""
    number: str | None = await connection.fetchval(_SQL["ticket_of"], provider, provider_message_id)
    return number
