"""The parts of WhatsApp messages: split once, sent one by one, their status set by callbacks in any order."""

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
class Recipient:
    """A message's recipient: the address they last wrote from (None: never) and their name.

    `window_open`: free text may be sent, for WhatsApp's 24-hour window is open; otherwise only a template.
    """

    address: str | None
    window_open: bool
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a message. `sending` means that the provider may have it; `begun_at` is the first attempt's time."""

    n: int
    body: str
    state: PartState
    provider_ref: str | None
    as_template: bool
    begun_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedStatus:
    """A recorded status: whether it was newer, whether the provider has the part twice, how the part was sent."""

    attempts: int
    is_new: bool
    doubled: bool
    as_template: bool


async def recipient_of(connection: Connection, outbox_id: UUID) -> Recipient:
    """Return the recipient of a message."""
    row = await connection.fetchrow(_SQL["recipient_of"], outbox_id)
    assert row is not None
    return Recipient(**row)


async def store_parts(connection: Connection, outbox_id: UUID, texts: Sequence[str]) -> None:
    """Store the parts of a message; those of an earlier attempt are kept as they are."""
    await connection.execute(_SQL["store_parts"], outbox_id, list(texts))


async def list_parts(connection: Connection, outbox_id: UUID) -> list[Part]:
    """Return the parts of a message, in order."""
    return [Part(**row) for row in await connection.fetch(_SQL["list_parts"], outbox_id)]


async def begin_part(
    connection: Connection, outbox_id: UUID, n: int, *, attempt: int, as_template: bool, lease_s: float
) -> bool:
    """Mark a part as being sent; False when the message's lease was lost, or the part is sent already."""
    return await connection.fetchval(_SQL["begin_part"], outbox_id, n, attempt, lease_s, as_template) is not None


async def mark_accepted(connection: Connection, outbox_id: UUID, n: int, provider_ref: str) -> bool:
    """Record that the provider accepted a part; False when this or an earlier part has been requeued meanwhile."""
    return bool(await connection.fetchval(_SQL["mark_accepted"], outbox_id, n, provider_ref))


async def note_status(
    connection: Connection,
    outbox_id: UUID,
    n: int,
    *,
    provider_ref: str,
    status: str,
    behind: Sequence[str],
    error_code: int | None,
) -> NotedStatus | None:
    """Record a part's status where the present one is None or one of `behind`; None: there is no such message."""
    row = await connection.fetchrow(_SQL["note_status"], outbox_id, n, provider_ref, status, list(behind), error_code)
    return None if row is None else NotedStatus(**row)


async def find_part(connection: Connection, provider_ref: str) -> tuple[UUID, int] | None:
    """Return the outbox row and number of the part that the provider knows by this id, or None."""
    row = await connection.fetchrow(_SQL["find_part"], provider_ref)
    return None if row is None else (row["outbox_id"], row["n"])


async def requeue_part(
    connection: Connection, outbox_id: UUID, n: int, *, as_template: bool, retry_in: float, reason: str
) -> None:
    """Make a part due again that the provider accepted and did not deliver."""
    await connection.execute(_SQL["requeue_part"], outbox_id, n, as_template, retry_in, reason)


async def known_refs(connection: Connection, recipient: str, refs: Sequence[str]) -> set[str]:
    """Return those of the provider's ids that belong to a part for this recipient."""
    return {row["ref"] for row in await connection.fetch(_SQL["known_refs"], recipient, list(refs))}
