"""A customer's files: they stay where they are, mostly with a provider, and are fetched when a person opens one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

FILE_BYTES = 25_000_000
"""What is opened here is at most as large as what Gmail sends, and larger than what WhatsApp carries."""


class FileGoneError(Exception):
    """The provider does not have the file (any more): another attempt would end in the same way."""


class FileTooLargeError(Exception):
    """The file, or the mail around it, is larger than may be opened here: it can be opened at the provider."""


class FileUnavailableError(Exception):
    """The provider gave no answer: the file may be had after `retry_in` seconds."""

    def __init__(self, reason: str, *, retry_in: float) -> None:
        super().__init__(reason)
        self.retry_in = retry_in


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of a message. `n` counts the message's files from 0; `media_id` is Twilio's id of it, None elsewhere."""

    message_id: UUID
    provider_message_id: str
    n: int
    filename: str
    content_type: str
    media_id: str | None


class FileSource(Protocol):
    """Fetches the files of one channel."""

    async def fetch(self, file: StoredFile) -> bytes:
        """Return the file's bytes. Raises FileGoneError, FileTooLargeError, FileUnavailableError."""
        ...
