"""The web form: the files that it takes, and how it keeps programs away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from ingest.file_folder import FileFolder
from ingest.form_files import EXTENSIONS, FileRules

FILES = 3
FILE_MB = 5
BODY_MB = 50
"""What the files of a message may have together: they stand in memory, four messages at a time."""
FILE_TYPES = ("application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp", "text/plain")


def _known_types(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if name not in EXTENSIONS:
            raise ValueError(f"{name!r} is no type that can be told; expected some of {', '.join(EXTENSIONS)}")
    return value


FileTypes = Annotated[tuple[str, ...], AfterValidator(_known_types)]


class FormArgs(BaseModel):
    """At most so many `files` with a message, of `file_mb` million bytes each, of these `file_types`.

    Their bytes are kept in `files_dir`, None: in the database. With `trap` a form that fills in a field which people do
    not see is refused. `proof` is the cost of a proof of work, 0: none is asked for.
    """

    model_config = ConfigDict(frozen=True)

    files: int = FILES
    file_mb: int = FILE_MB
    file_types: tuple[str, ...] = FILE_TYPES
    files_dir: Path | None = None
    trap: bool = False
    proof: int = 0

    @property
    def folder(self) -> FileFolder | None:
        """The folder of the files; None: they are kept in the database."""
        return None if self.files_dir is None else FileFolder(self.files_dir)

    @property
    def file_rules(self) -> FileRules:
        """The rules by which files are taken."""
        return FileRules(most=self.files, largest=self.file_mb * 1_000_000, types=self.file_types)
