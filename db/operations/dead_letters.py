"""Dead letters: records, messages and mails that could not be processed, with the cause; the staff may replay them."""

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
"""The topic of dead letters that hold the beginning of a mail; their key is Gmail's id of it."""
_SQL = statements(__file__)


class NoSuchLetterError(Exception):
    """There is no such dead letter: nothing was changed."""


class AlreadyReplayedError(Exception):
    """The dead letter was replayed before: nothing was changed. If it failed again, that is another dead letter."""


class TicketClosedError(Exception):
    """The dead letter's ticket is closed, which is final: nothing was changed, the staff have to write themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A dead letter: an accepted message (`inbox_id`), or a record with its position in the log.

    `replayed_by` may be None on one that was replayed by an older release.
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
    """Dead-letter a record of the log and announce it on `announce_on`; False when it was dead-lettered before."""
    arguments = (new_id(), topic, partition, offset, key, value, cause, new_id(), announce_on)
    return await connection.fetchval(_SQL["dead_letter"], *arguments) is not None


async def list_recent(
    connection: Connection, *, state: Literal["dead", "replayed"] | None = None, limit: int = 100
) -> list[DeadLetter]:
    """Return dead letters of one state or both, newest first."""
    return [DeadLetter(**row) for row in await connection.fetch(_SQL["list_recent"], state, limit)]


async def count_new(connection: Connection, *, seconds: float) -> int:
    """Return how many dead letters of the last `seconds` nobody has replayed; a thousand stands for more."""
    return int(await connection.fetchval(_SQL["count_new"], seconds))


async def get(connection: Connection, letter_id: UUID) -> DeadLetter | None:
    """Return a dead letter, or None."""
    row = await connection.fetchrow(_SQL["get"], letter_id)
    return None if row is None else DeadLetter(**row)


async def replay(connection: Connection, letter_id: UUID, *, by: str, wake_on: str) -> DeadLetter:
    """Replay a dead letter in the name of `by` and return it. Must run inside a transaction.

    An accepted message waits for a turn again, woken on the topic `wake_on`; it is held where the staff own the
    conversation. A mail is fetched from its mailbox again. A record is written to its topic again, byte for byte.
    Raises NoSuchLetterError, AlreadyReplayedError, TicketClosedError.
    """
    row = await connection.fetchrow(_SQL["mark_replayed"], letter_id, by)
    if row is None:
        raise await _refusal(connection, letter_id)
    letter = DeadLetter(**row)
    if letter.inbox_id is not None:
        await connection.execute(_SQL["requeue_message"], letter.inbox_id, new_id(), wake_on)
    elif letter.topic == MAILBOX:
        await connection.execute(_SQL["requeue_mail"], letter.key)
    else:
        encoded = base64.b64encode(letter.value).decode()
        await events.add(connection, letter.topic, letter.key, encoded, headers={ENCODING_HEADER: BASE64})
    return letter


async def _refusal(connection: Connection, letter_id: UUID) -> Exception:
    letter = await get(connection, letter_id)
    if letter is None:
        return NoSuchLetterError(str(letter_id))
    return (AlreadyReplayedError if letter.state == "replayed" else TicketClosedError)(str(letter_id))
