"""The Gmail mailbox: its cursor and lease, mails that are not accepted as messages, and the envelopes of replies."""

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
MAX_UNREADABLE_BYTES = 100_000
MAX_BIGINT = 2**63 - 1
MAX_SENT_TEXTS = 30
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLease:
    """A mailbox leased for reading. `cursor` is a historyId, None before the first reading."""

    cursor: int | None
    created_at: datetime
    caught_up_at: datetime | None
    watched_at: datetime | None
    watch_expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMail:
    """A mail that the staff sent from Gmail itself; `sender_keys` are those of its recipients."""

    provider_message_id: str
    thread_key: str
    sender_keys: tuple[str, ...]
    content: str
    attachments: tuple[dict[str, Any], ...]
    rfc_message_id: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The envelope of a reply: Gmail's thread, the headers In-Reply-To and References, and the draft it is in so far.

    `resent` is True when two look-ups did not find the reply, so that it may be sent once more.
    """

    thread_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    draft_id: str | None
    resent: bool


async def record_hint(connection: Connection, address: str, history_id: int) -> None:
    """Record a push notification. Gmail's historyId is an unsigned 64-bit number; a bigint is signed."""
    await connection.execute(_SQL["record_hint"], address, min(history_id, MAX_BIGINT))


async def ensure(connection: Connection, address: str) -> None:
    """Create the mailbox's row if there is none."""
    await connection.execute(_SQL["ensure"], address)


async def take(
    connection: Connection, address: str, holder: str, *, lease_s: float, poll_s: float
) -> MailboxLease | None:
    """Lease the mailbox; None while it need not be read, or is leased already."""
    row = await connection.fetchrow(_SQL["take"], address, holder, lease_s, poll_s)
    return None if row is None else MailboxLease(**row)


async def renew(connection: Connection, address: str, holder: str, *, lease_s: float) -> bool:
    """Prolong the lease; False when it has another holder."""
    return await connection.fetchval(_SQL["renew"], address, holder, lease_s) is not None


async def release(connection: Connection, address: str, holder: str, *, caught_up: bool) -> None:
    """End the lease; `caught_up`: everything up to now has been read."""
    await connection.execute(_SQL["release"], address, holder, caught_up)


async def advance(connection: Connection, address: str, cursor: int) -> None:
    """Advance the cursor; a lower one changes nothing. Every mail before it must be committed."""
    await connection.execute(_SQL["advance"], address, cursor)


async def record_watch(connection: Connection, address: str, at: datetime, *, expires_at: datetime) -> None:
    """Record a watch (Gmail's push notifications), renewed `at` and valid until `expires_at`."""
    await connection.execute(_SQL["record_watch"], address, at, expires_at)


async def unprocessed(connection: Connection, gmail_ids: Sequence[str]) -> list[str]:
    """Return those of these mails that are neither accepted nor settled, in the same order."""
    return [row["id"] for row in await connection.fetch(_SQL["unprocessed"], list(gmail_ids))]


async def to_reread(connection: Connection) -> list[str]:
    """Return the dead-lettered mails that the staff replayed: they are to be read again."""
    return [row["id"] for row in await connection.fetch(_SQL["to_reread"])]


async def dead_letter(connection: Connection, gmail_id: str, raw: bytes, *, cause: str, announce_on: str) -> bool:
    """Dead-letter an unreadable mail and announce it on that topic; False when it was dead-lettered before."""
    arguments = (gmail_id, new_id(), raw[:MAX_UNREADABLE_BYTES], cause, new_id(), announce_on)
    return await connection.fetchval(_SQL["dead_letter"], *arguments) is not None


async def sent_texts(connection: Connection, thread_key: str) -> list[str]:
    """Return the newest texts that were sent to customers in a thread of Gmail's, oldest first."""
    return [row["content"] for row in await connection.fetch(_SQL["sent_texts"], thread_key, MAX_SENT_TEXTS)]


async def take_over(connection: Connection, mail: StaffMail) -> UUID | None:
    """Store the staff's mail as a reply and hand the conversation over to them; returns the conversation.

    None when the mail belongs to no conversation, or was stored before.
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
        conversation_id: UUID | None = await connection.fetchval(_SQL["take_over"], fields)
        if conversation_id is not None:
            # A statement of its own, for its snapshot: it sees what a turn committed while the one before waited.
            await actions.cancel_unsent(
                connection, conversation_id, actions.UNSENT_STATES, why="a person answered from Gmail", notices=True
            )
            await actions.record(connection, conversation_id, "reply", "Gmail", message_id=message_id)
    return conversation_id


async def envelope(connection: Connection, outbox_id: UUID) -> Envelope:
    """Return the envelope of an outbox row."""
    row = await connection.fetchrow(_SQL["envelope"], outbox_id)
    assert row is not None
    known_ids = row["known_ids"] or []
    in_reply_to = row["in_reply_to"] if row["answers_message"] else next(reversed(known_ids), row["in_reply_to"])
    earlier = dict.fromkeys([*(row["reference_ids"] or []), *known_ids])
    references = [*(one for one in earlier if one != in_reply_to), *([in_reply_to] if in_reply_to else [])]
    return Envelope(
        thread_id=row["thread_id"],
        in_reply_to=in_reply_to,
        references=tuple(references),
        draft_id=row["draft_id"],
        resent=row["resent"],
    )


async def begin_sending(
    connection: Connection, outbox_id: UUID, draft_id: str, *, attempt: int, lease_s: float
) -> bool:
    """Record the draft that a reply is sent as and prolong its lease; False when the lease was lost."""
    return await connection.fetchval(_SQL["begin_sending"], outbox_id, attempt, draft_id, lease_s) is not None


async def record_message_id(connection: Connection, outbox_id: UUID, rfc_message_id: str, *, thread_id: str) -> None:
    """Record the Message-ID and the thread that Gmail gave a reply."""
    await connection.execute(_SQL["record_message_id"], outbox_id, rfc_message_id, thread_id)
