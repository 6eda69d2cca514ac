"""The protocol of a channel's sender. Its exceptions decide what delivery does with the reply next."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from db.records import Channel, OutboxRow

ProviderMessageId = str

CONCURRENCY = 8
"""How many replies a sender with a provider sends at once: as many as it has threads, so that none waits leased."""
LEASE_S = 60.0
"""A leased reply belongs to one sender. Longer than any sender's time-out: only the lease of a dead one lapses."""


class MessageRejectedError(Exception):
    """The provider refused the reply (4xx): it is sent again with growing pauses, then parked for a person."""


class UndeliverableError(Exception):
    """No later attempt can help (recipient opted out, window closed): the reply is parked for a person at once."""


class WindowClosedError(UndeliverableError):
    """Outside WhatsApp's 24-hour window: the reply goes to the recipient's linked e-mail address, else it is parked."""


class TransientDeliveryError(Exception):
    """Nothing was sent (refused connection, 429, DNS): the reply is sent again after `retry_in` seconds."""

    def __init__(self, reason: str, *, retry_in: float = 30.0) -> None:
        super().__init__(reason)
        self.retry_in = retry_in


class OutcomeUnknownError(Exception):
    """The provider may have the reply (time-out, reset, 5xx): it is looked up before it may be sent again."""


class LookUpFailedError(Exception):
    """The provider could not be asked: the reply's fate stays unknown, it is looked up again later."""


class SentTwiceError(Exception):
    """The provider has the reply more than once: it counts as sent, with this reference, and an alarm is raised."""

    def __init__(self, reference: ProviderMessageId) -> None:
        super().__init__("the provider has it more than once")
        self.reference = reference


class NotSentError(Exception):
    """The sender's records show that the rest of the reply was not sent: it is sent at the time that they hold."""


class Sender(Protocol):
    """Sends the replies of one channel. The text is final: a sender may split or encode it, never change it."""

    @property
    def channel(self) -> Channel:
        """The channel whose replies it sends."""
        ...

    @property
    def concurrency(self) -> int:
        """How many replies it sends at once; delivery leases no more."""
        ...

    async def send(self, row: OutboxRow) -> ProviderMessageId | None:
        """Send the reply, with retries disabled in the client, and return the provider's id of it.

        Raises MessageRejectedError, UndeliverableError, TransientDeliveryError, NotSentError or OutcomeUnknownError;
        any other exception counts as OutcomeUnknownError.
        """
        ...

    async def look_up(self, row: OutboxRow) -> ProviderMessageId | None:
        """Return the provider's id of a reply of unknown fate, None when the provider does not have it.

        Raises LookUpFailedError, SentTwiceError, or NotSentError when no request is needed to know.
        """
        ...


@runtime_checkable
class CheckedSender(Protocol):
    """A sender with a provider, whose credentials can be checked; /health then reports the channel."""

    async def check(self) -> None:
        """Return when the provider accepts the credentials. Raises TransientDeliveryError with what is wrong."""
        ...
