"""A person opens a customer's file: it is written down who, and the bytes are fetched from the provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db.pool import Pool, acquire
from db.records import Channel
from db.staff import files
from db.staff.files import MessageFileKey
from deployments.channels.files import FileSource, StoredFile


class UnknownFileError(Exception):
    """The conversation has no such file; nothing was done."""


class NoFileSourceError(Exception):
    """The file's channel has no credentials: nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file with the name and the type that its sender gave it."""

    filename: str
    content_type: str
    content: bytes


class FileDesk:
    """`sources` fetch the files of their channel."""

    def __init__(self, *, pool: Pool, sources: Mapping[Channel, FileSource]) -> None:
        self._pool, self._sources = pool, sources

    async def open(self, key: MessageFileKey, *, by: str) -> OpenedFile:
        """Write down that `by` opens the file, then fetch it.

        Raises UnknownFileError, NoFileSourceError, DatabaseUnavailableError, and what FileSource.fetch does.
        """
        async with acquire(self._pool) as connection:
            found = await files.find(connection, key)
            if found is None:
                raise UnknownFileError
            source = self._sources.get(found.channel)
            if source is None:
                raise NoFileSourceError(found.channel)
            await files.record_opening(connection, key, by)
        stored = StoredFile(
            message_id=key.message_id,
            provider_message_id=found.provider_message_id,
            n=key.n,
            filename=found.filename,
            content_type=found.content_type,
            media_id=found.media_id,
        )
        content = await source.fetch(stored)
        return OpenedFile(filename=found.filename, content_type=found.content_type, content=content)
