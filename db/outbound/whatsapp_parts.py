"""WhatsApp words in pieces: cut once, begun one by one, told of by callbacks that come late, twice and out of order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from db.pool import Connection
from db.sql import statements

PartState = Literal["ready", "sending", "sent", "failed", "unknown"]
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondent:
    """A word's recipient: the address he last wrote from (None: never), whether free text may be sent, his name."""

    address: str | None
    window_open: bool
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a word. `sending` means that the provider may have it; `begun_at` is the first attempt's time."""

    n: int
    body: str
    state: PartState
    provider_ref: str | None
    as_template: bool
    begun_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What a status told: whether it was news, whether the provider has the part twice, and how the part went out."""

    attempts: int
    news: bool
    doubled: bool
    as_template: bool


async def correspondent(connection: Connection, outbox_id: UUID) -> Correspondent:
    """Return what is known of the recipient of a word."""
    row = await connection.fetchrow(_SQL["correspondent"], outbox_id)
    assert row is not None
    return Correspondent(**row)


async def cut(connection: Connection, outbox_id: UUID, pieces: Sequence[str]) -> None:
    """Keep the pieces of a word; what was cut before stays as it is."""
    await connection.execute(_SQL["cut"], outbox_id, list(pieces))


async def parts(connection: Connection, outbox_id: UUID) -> list[Part]:
    """Return the pieces of a word, in order."""
    return [Part(**row) for row in await connection.fetch(_SQL["parts"], outbox_id)]


async def begin(
    connection: Connection, outbox_id: UUID, n: int, *, attempt: int, as_template: bool, lease_s: float
) -> bool:
    """Mark a piece as on its way; False when the word is leased to somebody else by now, or the piece has been sent."""
    row = await connection.fetchrow(_SQL["begin"], outbox_id, n, attempt, lease_s, as_template)
    return row is not None


async def accepted(connection: Connection, outbox_id: UUID, n: int, provider_ref: str) -> bool:
    """Record that the provider has taken a piece; False when it, or one before it, has been given back already."""
    return bool(await connection.fetchval(_SQL["accepted"], outbox_id, n, provider_ref))


async def note_status(
    connection: Connection,
    outbox_id: UUID,
    n: int,
    *,
    provider_ref: str,
    status: str,
    behind: Sequence[str],
    error_code: int | None,
) -> Noted | None:
    """Record a status of a piece where it is news after one of `behind`; None when there is no such word."""
    row = await connection.fetchrow(_SQL["note_status"], outbox_id, n, provider_ref, status, list(behind), error_code)
    return None if row is None else Noted(**row)


async def part_of(connection: Connection, provider_ref: str) -> tuple[UUID, int] | None:
    """Return word and number of the piece that the provider knows by this id, or None."""
    row = await connection.fetchrow(_SQL["part_of"], provider_ref)
    return None if row is None else (row["outbox_id"], row["n"])


async def send_again(
    connection: Connection, outbox_id: UUID, n: int, *, as_template: bool, retry_in: float, reason: str
) -> None:
    """Make a piece due again that the provider has accepted and not delivered."""
    await connection.execute(_SQL["send_again"], outbox_id, n, as_template, retry_in, reason)


async def known_refs(connection: Connection, recipient: str, refs: Sequence[str]) -> set[str]:
    """Return those of the provider's ids that belong to a piece for this recipient already."""
    return {row["ref"] for row in await connection.fetch(_SQL["known_refs"], recipient, list(refs))}
