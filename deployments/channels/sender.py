"""What a channel's sender has to do, and how it says that something went wrong."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from db.records import Channel, OutboxRow

ProviderMessageId = str


class MessageRejectedError(Exception):
    """The provider refused the word (4xx): it waits, longer each time, and is parked for a person in the end."""


class UndeliverableError(Exception):
    """No later attempt can help (opted out, window closed): the word is parked for a person at once."""


class WindowClosedError(UndeliverableError):
    """The channel takes no words to this recipient any more (WhatsApp's 24 hours): an address that he has linked to
    himself gets them, else the word is parked for a person."""


class TransientDeliveryError(Exception):
    """Nothing left the house (refused connection, 429, DNS): the word is sent again after `retry_in` seconds."""

    def __init__(self, reason: str, *, retry_in: float = 30.0) -> None:
        super().__init__(reason)
        self.retry_in = retry_in


class OutcomeUnknownError(Exception):
    """The provider may have it (time-out, reset, 5xx): it is looked up, never sent again blindly."""


class LookUpFailedError(Exception):
    """The provider could not be asked: the word's fate stays unknown, it is looked up again later."""


class SentTwiceError(Exception):
    """The provider has the word more than once: it counts as sent, with this reference, and an alarm is raised."""

    def __init__(self, reference: ProviderMessageId) -> None:
        super().__init__("the provider has it more than once")
        self.reference = reference


class NeverLeftError(Exception):
    """The sender's own notes show that what remains of the word never left: it is ready again when they say."""


class Sender(Protocol):
    """One channel's way out. The text is frozen: a sender may pack it, never change it."""

    @property
    def channel(self) -> Channel:
        """The channel that it serves."""
        ...

    async def send(self, row: OutboxRow) -> ProviderMessageId | None:
        """Hand the word to the provider, without retries of the client's own, and return the provider's id of it.

        Raises MessageRejectedError, UndeliverableError, TransientDeliveryError, NeverLeftError or OutcomeUnknownError;
        anything else counts as unknown.
        """
        ...

    async def look_up(self, row: OutboxRow) -> ProviderMessageId | None:
        """Ask the provider whether it has the word: its id, or None when it does not.

        Raises LookUpFailedError, SentTwiceError, or NeverLeftError when nobody needs to be asked.
        """
        ...


@runtime_checkable
class Checked(Protocol):
    """A sender with a provider behind it, whose credentials can be tried; health then knows of the channel."""

    async def check(self) -> None:
        """Return when the provider takes our credentials. Raises TransientDeliveryError with what is wrong."""
        ...
