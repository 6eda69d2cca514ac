"""The web form's sender. The customer reads the reply in the ticket, where the turn's transaction put it."""

from __future__ import annotations

from db.pool import DatabaseUnavailableError
from db.records import Channel, OutboxRow
from deployments.channels.sender import TransientDeliveryError
from deployments.channels.status_mails import StatusMails


class WebFormSender:
    """A stored reply is a delivered one. With `status_mails` the customer is told by mail that it is there."""

    channel: Channel = "web_form"
    concurrency = 50

    def __init__(self, status_mails: StatusMails | None = None) -> None:
        self._status_mails = status_mails

    async def send(self, row: OutboxRow) -> None:
        """Tell of the reply, where that is wanted. There is no provider, hence no id. See Sender.send."""
        if self._status_mails is None:
            return
        try:
            await self._status_mails.tell_of_answer(row.id)
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error

    async def look_up(self, row: OutboxRow) -> str:
        """Return the id of the reply's message: what is stored has been delivered."""
        return str(row.message_id)
