"""The files of web forms, from the store or the folder beside it."""

from __future__ import annotations

import asyncio

from db.intake import form_files
from db.intake.form_files import NoSuchFileError
from db.pool import Pool, acquire
from deployments.channels.files import FileGoneError, FileUnavailableError, StoredFile
from ingest.file_folder import FileFolder

RETRY_S = 30.0
_OVER = "it was kept for a time only, which is over"


class FormFiles:
    """Reads a file's bytes; `folder` None: all are in the store."""

    def __init__(self, pool: Pool, folder: FileFolder | None) -> None:
        self._pool, self._folder = pool, folder

    async def fetch(self, file: StoredFile) -> bytes:
        """Return the bytes.

        Raises FileGoneError once their time is over, FileUnavailableError, DatabaseUnavailableError.
        """
        async with acquire(self._pool) as connection:
            try:
                content = await form_files.content(connection, file.message_id, file.n)
            except NoSuchFileError:
                raise FileGoneError(_OVER) from None
        return content if content is not None else await self._in_folder(file)

    async def _in_folder(self, file: StoredFile) -> bytes:
        if self._folder is None:
            raise FileUnavailableError("it is in a folder, and FORM_FILES_DIR names none", retry_in=RETRY_S)
        try:
            return await asyncio.to_thread(self._folder.read, file.message_id, file.n)
        except OSError as error:
            raise FileUnavailableError(f"the folder can't be read ({error.strerror})", retry_in=RETRY_S) from error
