"""The files of web forms, which are kept here, for no provider has them: in the store, or in a folder beside it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)

FileKey = tuple[UUID, int]
"""A message, and which of its files, counted from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that was accepted, with the type that its bytes have."""

    filename: str
    content_type: str
    content: bytes


class NoSuchFileError(Exception):
    """There is no such file (any more)."""


async def add(connection: Connection, message_id: UUID, files: Sequence[NewFile], *, in_folder: bool) -> None:
    """Store the files of a message that was stored in the same transaction; with `in_folder` without their bytes."""
    await connection.execute(
        _SQL["add"],
        message_id,
        [file.filename for file in files],
        [file.content_type for file in files],
        [len(file.content) for file in files],
        [None if in_folder else file.content for file in files],
    )


async def content(connection: Connection, message_id: UUID, n: int) -> bytes | None:
    """Return the bytes of a message's n-th file, from 0; None: they are in the folder. Raises NoSuchFileError."""
    row = await connection.fetchrow(_SQL["content"], message_id, n)
    if row is None:
        raise NoSuchFileError
    found: bytes | None = row["content"]
    return found


async def known(connection: Connection, files: Collection[FileKey]) -> set[FileKey]:
    """Return which of these files there are."""
    ids, numbers = [message_id for message_id, _ in files], [n for _, n in files]
    return {(row["message_id"], row["n"]) for row in await connection.fetch(_SQL["known"], ids, numbers)}


async def delete_before(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete the bytes of up to `limit` files received before `before`; returns how many."""
    deleted: int = await connection.fetchval(_SQL["delete_before"], before, limit)
    return deleted
