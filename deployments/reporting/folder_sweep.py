"""Deletes from the folder of web forms' files what no message has: left over, past its time, of an erased customer."""

from __future__ import annotations

import asyncio
from itertools import islice

import structlog

from db.intake import form_files
from db.pool import Pool, acquire
from ingest.file_folder import LEFT_OVER_S, FileFolder

BATCH = 500

log = structlog.get_logger(__name__)


class FolderSweep:
    """Looks through the folder; files that were written less than `left_over_s` ago may still get their message."""

    def __init__(self, *, pool: Pool, folder: FileFolder, left_over_s: float = LEFT_OVER_S) -> None:
        self._pool, self._folder, self._left_over_s = pool, folder, left_over_s

    async def run_once(self) -> int:
        """Delete what no message has; return how many files. Raises DatabaseUnavailableError, OSError."""
        deleted = 0
        found = await asyncio.to_thread(lambda: list(self._folder.old(older_than_s=self._left_over_s)))
        waiting = iter(found)
        while files := list(islice(waiting, BATCH)):
            async with acquire(self._pool) as connection:
                known = await form_files.known(connection, files)
            gone = [file for file in files if file not in known]
            await asyncio.to_thread(self._folder.delete, gone)
            deleted += len(gone)
        if deleted:
            log.info("files_deleted", files=deleted)
        return deleted
