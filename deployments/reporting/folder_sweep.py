"""Deletes from the folder of web forms' files what no message has: left over, past its time, of an erased customer."""

from __future__ import annotations

import asyncio

import structlog

from db.intake import form_files
from db.intake.form_files import FileKey
from db.pool import Pool, acquire
from ingest.file_folder import LEFT_OVER_S, FileFolder

BATCH = 500
STRANGE = 20
"""Files left over from calls that were cut are few."""

log = structlog.get_logger(__name__)


class FolderSweep:
    """Looks through the folder; files that were written less than `left_over_s` ago may still get their message."""

    def __init__(self, *, pool: Pool, folder: FileFolder, left_over_s: float = LEFT_OVER_S) -> None:
        self._pool, self._folder, self._left_over_s = pool, folder, left_over_s

    async def run_once(self) -> int:
        """Delete what no message has; return how many files. Raises DatabaseUnavailableError, OSError.

        Where the database knows none of many files, nothing is deleted: it is another product's folder, or the database
        is a new one before its backup is read back.
        """
        found = await asyncio.to_thread(lambda: list(self._folder.old(older_than_s=self._left_over_s)))
        known = await self._known(found)
        if not known and len(found) > STRANGE:
            log.warning(
                "files_unknown", files=len(found), detail="none of them is in this database: nothing is deleted"
            )
            return 0
        gone = [file for file in found if file not in known]
        await asyncio.to_thread(self._folder.delete, gone)
        if gone:
            log.info("files_deleted", files=len(gone))
        return len(gone)

    async def _known(self, found: list[FileKey]) -> set[FileKey]:
        known: set[FileKey] = set()
        for start in range(0, len(found), BATCH):
            async with acquire(self._pool) as connection:
                known |= await form_files.known(connection, found[start : start + BATCH])
        return known
