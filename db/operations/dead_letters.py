"""Dead letters: what could not be understood, or failed for good, with its cause; a person may replay it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from db.ids import new_id
from db.operations import events
from db.pool import Connection
from db.sql import statements

ENCODING_HEADER = "content-encoding"
BASE64 = "base64"
MAILBOX = "gmail"
"""The topic of letters that hold the beginning of a mail; their key is Gmail's id of it."""
_SQL = statements(__file__)


class NoSuchLetterError(Exception):
    """There is no such letter: nothing was changed."""


class AlreadyReplayedError(Exception):
    """The letter was replayed before: nothing was changed; what failed again is a letter of its own."""


class TicketClosedError(Exception):
    """The letter's ticket is closed, which is final: nothing was changed, and a person has to write to the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A letter: `inbox_id` when it is a message that was accepted, otherwise the place in the log it was read from.

    `replayed_by` is None too where it was replayed before names were kept.
    """

    id: UUID
    inbox_id: UUID | None
    topic: str
    log_partition: int | None
    log_offset: int | None
    key: str
    value: bytes
    cause: str
    state: Literal["dead", "replayed"]
    created_at: datetime
    replayed_at: datetime | None
    replayed_by: str | None


async def dead_letter(
    connection: Connection,
    *,
    topic: str,
    partition: int,
    offset: int,
    key: str,
    value: bytes,
    cause: str,
    announce_on: str,
) -> bool:
    """File a record of the log with its cause and announce it on `announce_on`; False when it was filed before."""
    arguments = (new_id(), topic, partition, offset, key, value, cause, new_id(), announce_on)
    return await connection.fetchval(_SQL["dead_letter"], *arguments) is not None


async def list_recent(
    connection: Connection, *, state: Literal["dead", "replayed"] | None = None, limit: int = 100
) -> list[DeadLetter]:
    """Return letters, newest first, of one state or of both."""
    return [DeadLetter(**row) for row in await connection.fetch(_SQL["list_recent"], state, limit)]


async def get(connection: Connection, letter_id: UUID) -> DeadLetter | None:
    """Return one letter, or None."""
    row = await connection.fetchrow(_SQL["get"], letter_id)
    return None if row is None else DeadLetter(**row)


async def replay(connection: Connection, letter_id: UUID, *, by: str, wake_on: str) -> DeadLetter:
    """Send a letter on its way again in the name of `by`, inside the caller's transaction, and return it as it is then.

    A message that was accepted waits again and is woken on the topic `wake_on`; whether the agent runs is still up to
    the conversation's owner. A mail is fetched from its mailbox again. A record is written to its own topic again, byte
    for byte. Raises NoSuchLetterError, AlreadyReplayedError, TicketClosedError.
    """
    row = await connection.fetchrow(_SQL["mark_replayed"], letter_id, by)
    if row is None:
        raise await _refusal(connection, letter_id)
    letter = DeadLetter(**row)
    if letter.inbox_id is not None:
        await connection.execute(_SQL["wait_again"], letter.inbox_id, new_id(), wake_on)
    elif letter.topic == MAILBOX:
        await connection.execute(_SQL["read_again"], letter.key)
    else:
        await _write_again(connection, letter)
    return letter


async def _refusal(connection: Connection, letter_id: UUID) -> Exception:
    letter = await get(connection, letter_id)
    if letter is None:
        return NoSuchLetterError(str(letter_id))
    return (AlreadyReplayedError if letter.state == "replayed" else TicketClosedError)(str(letter_id))


async def _write_again(connection: Connection, letter: DeadLetter) -> None:
    encoded = base64.b64encode(letter.value).decode()
    await events.add(connection, letter.topic, letter.key, encoded, headers={ENCODING_HEADER: BASE64})
