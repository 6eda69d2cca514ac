"""The web form's sender: the reply already stands in the ticket that the customer sees: nothing has to travel."""

from __future__ import annotations

from db.records import Channel, OutboxRow


class WebFormSender:
    """Delivers by doing nothing: the transaction that froze the text has shown it."""

    channel: Channel = "web_form"

    async def send(self, row: OutboxRow) -> None:
        """Return at once; there is no provider and so no id."""

    async def look_up(self, row: OutboxRow) -> str:
        """Return the row's own message: what is in the store has been delivered."""
        return str(row.message_id)
