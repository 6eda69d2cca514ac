"""The files of a web form: which are taken, told by their bytes, and under which names they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import puremagic

from db.intake.form_files import NewFile
from ingest.text import shown_name

EXTENSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "application/pdf": ("pdf",),
        "image/gif": ("gif",),
        "image/jpeg": ("jpg", "jpeg"),
        "image/png": ("png",),
        "image/webp": ("webp",),
        "text/plain": ("txt", "log"),
        "video/mp4": ("mp4",),
    }
)
"""The types that can be taken, with the endings of their names: what a name promises, a desktop opens."""
NAME_LIMIT = 200
_TEXT = "text/plain"
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

Refusal = Literal["TOO_MANY_FILES", "FILE_EMPTY", "FILE_TOO_LARGE", "FILE_TYPE"]


class RefusedFileError(Exception):
    """A file is not taken: nothing was stored, the customer is told the message, a program the `code`."""

    def __init__(self, code: Refusal, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRules:
    """At most `most` files with a message (0: none are taken), of `largest` bytes each, of these `types`."""

    most: int
    largest: int
    types: tuple[str, ...]

    def check_number(self, count: int) -> None:
        """Raise RefusedFileError for more files than are taken."""
        if count > self.most:
            taken = f"At most {self.most} files are taken" if self.most else "No files are taken here"
            raise RefusedFileError("TOO_MANY_FILES", taken)

    def check_size(self, name: str, size: int) -> None:
        """Raise RefusedFileError for an empty file and for one that is too large."""
        if size == 0:
            raise RefusedFileError("FILE_EMPTY", f"{_named(name)} is empty")
        if size > self.largest:
            raise RefusedFileError("FILE_TOO_LARGE", f"{_named(name)} is larger than {self.largest // 1_000_000} MB")

    def accept(self, name: str, content: bytes) -> NewFile:
        """Return the file as it is kept. Raises RefusedFileError."""
        self.check_size(name, len(content))
        kind = type_of(content)
        kept = kept_name(name, kind) if kind in self.types else None
        if kind is None or kept is None:
            taken = ", ".join(ending for each in self.types for ending in EXTENSIONS[each])
            raise RefusedFileError("FILE_TYPE", f"{_named(name)} is none of the files that are taken: {taken}")
        return NewFile(filename=kept, content_type=kind, content=content)


def type_of(content: bytes) -> str | None:
    """Return which of the types of EXTENSIONS the bytes have, whatever was said of them; None: another one."""
    try:
        found: Sequence[str] = [match.mime_type for match in puremagic.magic_string(content)]
    except (puremagic.PureError, ValueError):
        found = ()
    binary = next((kind for kind in found if kind in EXTENSIONS and kind != _TEXT), None)
    return binary or (_TEXT if _is_text(content) else None)


def kept_name(name: str, kind: str) -> str | None:
    """Return a name to keep a file of this type under, without any path; None for an ending that other types have.

    A name without an ending gets one, a long one is cut before it.
    """
    plain = _NOT_IN_NAMES.sub("_", shown_name(re.split(r"[/\\]", name)[-1], 1_000)).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, EXTENSIONS[kind][0]
    if ending.lower() not in EXTENSIONS[kind]:
        return None
    return f"{stem[: NAME_LIMIT - len(ending) - 1].rstrip() or 'file'}.{ending}"


def _is_text(content: bytes) -> bool:
    if content.startswith(_UTF_16):
        try:
            return "\0" not in content.decode("utf-16")
        except UnicodeDecodeError:
            return False
    return _CONTROLS.search(content) is None


def _named(name: str) -> str:
    return shown_name(re.split(r"[/\\]", name)[-1], 80) or "A file"
