"""A folder with the bytes of web forms' files, for installations that want none in their database (FORM_FILES_DIR).

A file is there before its row is, and goes after it: what has no row an hour after it was written is left over from a
call that was not finished, or from a customer who was erased. On a cluster ingresses and reporting share it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID

from db.intake.form_files import FileKey, NewFile

LEFT_OVER_S = 3_600.0
_DIGITS = 2


class FileFolder:
    """Files by message and number. The folder is made with the first one, for the product's user alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, message_id: UUID, files: Iterable[NewFile]) -> None:
        """Write a message's files, on the disk once this returns. Raises OSError; then none of them is there."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        written: list[FileKey] = []
        try:
            for n, file in enumerate(files):
                written.append((message_id, n))
                with self._of(message_id, n).open("xb") as out:
                    out.write(file.content)
                    out.flush()
                    os.fsync(out.fileno())
            self._keep_names()
        except OSError:
            self.delete(written)
            raise

    def read(self, message_id: UUID, n: int) -> bytes:
        """Return a file's bytes. Raises OSError."""
        return self._of(message_id, n).read_bytes()

    def delete(self, files: Iterable[FileKey]) -> None:
        """Delete files, if they are there."""
        for message_id, n in files:
            with contextlib.suppress(OSError):
                self._of(message_id, n).unlink()

    def old(self, *, older_than_s: float = LEFT_OVER_S) -> Iterator[FileKey]:
        """Yield the files that were written so long ago; what has another name than the product gives is left alone."""
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self._path):
                key = _key(entry.name)
                with contextlib.suppress(FileNotFoundError):
                    if key is not None and time.time() - entry.stat().st_mtime >= older_than_s:
                        yield key

    def _keep_names(self) -> None:
        """Bring the folder itself to the disk: a new file's name is in it."""
        folder = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _of(self, message_id: UUID, n: int) -> Path:
        return self._path / f"{message_id}.{n}"


def _key(name: str) -> FileKey | None:
    message_id, _, n = name.partition(".")
    try:
        return (UUID(message_id), int(n)) if len(n) <= _DIGITS else None
    except ValueError:
        return None
