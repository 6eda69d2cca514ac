"""The Gmail mailbox in the store: its cursor and lease, mails that are no customer's, and a reply's envelope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.pool import Connection
from db.sql import statements
from db.staff import actions

PROVIDER = "gmail"
KEPT_OF_UNREADABLE = 100_000
HIGHEST = 2**63 - 1
"""What a bigint holds."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A mailbox as it was leased for reading. `cursor` None: it has never been read; `created_at`: known since."""

    cursor: int | None
    created_at: datetime
    caught_up_at: datetime | None
    watched_at: datetime | None
    watch_expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMail:
    """What a colleague sent from Gmail itself; `sender_keys` are the conversations' keys of those he wrote to."""

    provider_message_id: str
    thread_key: str
    sender_keys: tuple[str, ...]
    content: str
    attachments: tuple[dict[str, Any], ...]
    rfc_message_id: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Where a word goes: Gmail's thread, the Message-ID it answers and those before, and the draft it is in by now.

    `resent` is True when two look-ups did not find the word and it may be sent once more.
    """

    thread_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    draft_id: str | None
    resent: bool


async def hint(connection: Connection, address: str, history_id: int) -> None:
    """Keep what a push said: there may be news up to this historyId, of which Gmail promises 64 bits without a sign."""
    await connection.execute(_SQL["hint"], address, min(history_id, HIGHEST))


async def know(connection: Connection, address: str) -> None:
    """Make the mailbox's row if there is none."""
    await connection.execute(_SQL["know"], address)


async def take(connection: Connection, address: str, holder: str, *, lease_s: float, poll_s: float) -> Reading | None:
    """Lease the mailbox; None while there is no reason to read it, or somebody else does."""
    row = await connection.fetchrow(_SQL["take"], address, holder, lease_s, poll_s)
    return None if row is None else Reading(**row)


async def renew(connection: Connection, address: str, holder: str, *, lease_s: float) -> bool:
    """Prolong the lease; False when somebody else reads by now."""
    return await connection.fetchval(_SQL["renew"], address, holder, lease_s) is not None


async def release(connection: Connection, address: str, holder: str, *, caught_up: bool) -> None:
    """End the lease; `caught_up` says that everything there was has been stored."""
    await connection.execute(_SQL["release"], address, holder, caught_up)


async def advance(connection: Connection, address: str, cursor: int) -> None:
    """Move the cursor on; a lower one changes nothing. Every mail before it must be committed."""
    await connection.execute(_SQL["advance"], address, cursor)


async def watched(connection: Connection, address: str, at: datetime, *, expires_at: datetime) -> None:
    """Record that the mailbox is being watched."""
    await connection.execute(_SQL["watched"], address, at, expires_at)


async def unseen(connection: Connection, gmail_ids: Sequence[str]) -> list[str]:
    """Return the mails among these that have not been dealt with, in the same order."""
    return [row["id"] for row in await connection.fetch(_SQL["unseen"], list(gmail_ids))]


async def replayed(connection: Connection) -> list[str]:
    """Return the mails that could not be read and that a person wants to be read again."""
    return [row["id"] for row in await connection.fetch(_SQL["replayed"])]


async def dead_letter(connection: Connection, gmail_id: str, raw: bytes, *, cause: str, announce_on: str) -> bool:
    """File a mail that can't be read as a dead letter, announced on that topic; False when it was filed before."""
    kept = raw[:KEPT_OF_UNREADABLE]
    arguments = (gmail_id, new_id(), kept, cause, new_id(), announce_on)
    return await connection.fetchval(_SQL["dead_letter"], *arguments) is not None


async def take_over(connection: Connection, mail: StaffMail) -> UUID | None:
    """Store a colleague's mail as a reply and hand the conversation to people; returns the conversation.

    None when the mail belongs to none of ours, or was stored before.
    """
    message_id = new_id()
    fields = {
        "provider_message_id": mail.provider_message_id,
        "message_id": str(message_id),
        "thread_key": mail.thread_key,
        "sender_keys": mail.sender_keys,
        "content": mail.content,
        "attachments": mail.attachments or None,
        "rfc_message_id": mail.rfc_message_id,
        "sent_at": mail.sent_at.isoformat(),
    }
    async with connection.transaction():
        found: UUID | None = await connection.fetchval(_SQL["take_over"], fields)
        if found is not None:
            # A statement of its own: it sees what a turn has committed while the one before waited for it.
            await actions.take_back(connection, found, actions.UNSAID, why="a person answered from Gmail", notices=True)
            await actions.record(connection, found, "reply", "Gmail", message_id=message_id)
    return found


async def envelope(connection: Connection, outbox_id: UUID) -> Envelope:
    """Return where a word of the outbox goes."""
    row = await connection.fetchrow(_SQL["envelope"], outbox_id)
    assert row is not None
    known = row["known_ids"] or []
    answers = row["answers"] if row["by_name"] else next(reversed(known), row["answers"])
    earlier = [*(row["reference_ids"] or []), *known]
    references = [*(one for one in dict.fromkeys(earlier) if one != answers), *([answers] if answers else [])]
    return Envelope(
        thread_id=row["thread_id"],
        in_reply_to=answers,
        references=tuple(references),
        draft_id=row["draft_id"],
        resent=row["resent"],
    )


async def begin(connection: Connection, outbox_id: UUID, draft_id: str, *, attempt: int, lease_s: float) -> bool:
    """Record in which draft a word leaves and prolong its lease; False when it is leased to somebody else by now."""
    return await connection.fetchval(_SQL["begin"], outbox_id, attempt, draft_id, lease_s) is not None


async def note_sent(connection: Connection, outbox_id: UUID, rfc_message_id: str) -> None:
    """Record the Message-ID that a word got from Gmail."""
    await connection.execute(_SQL["note_sent"], outbox_id, rfc_message_id)
