"""The web form's sender. The customer reads the reply in the ticket, where the turn's transaction put it."""

from __future__ import annotations

from db.records import Channel, OutboxRow


class WebFormSender:
    """Sends nothing: a stored reply is a delivered one."""

    channel: Channel = "web_form"

    async def send(self, row: OutboxRow) -> None:
        """Return at once. There is no provider, hence no id."""

    async def look_up(self, row: OutboxRow) -> str:
        """Return the id of the reply's message: what is stored has been delivered."""
        return str(row.message_id)
