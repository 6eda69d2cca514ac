"""What Twilio says of a part of a word after it has taken it, by callback or when it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args
from uuid import UUID

import structlog

from db.operations import node_status
from db.outbound import whatsapp_parts
from db.outbound.whatsapp_parts import Noted
from db.pool import Connection
from deployments.channels.parking import park
from deployments.channels.whatsapp.twilio_client import OUTSIDE_WINDOW
from ingest.events import InvalidMessageError
from ingest.whatsapp.status import Status, StatusUpdate, is_forward

TOO_FAST = 63018
_PASSING = frozenset({TOO_FAST, 63010, 30001})
"""The channel's rate, an error inside the channel, a full queue: the same part may pass later."""
PASSING_S = 30.0
MAX_ATTEMPTS = 5
_FAILED = ("undelivered", "failed", "canceled")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartKey:
    """A part's id as it travels in the signed StatusCallback URL: `<outbox id>.<number>`."""

    outbox_id: UUID
    n: int

    def __str__(self) -> str:
        return f"{self.outbox_id}.{self.n}"

    @classmethod
    def parse(cls, text: str) -> PartKey:
        """Read it back. Raises InvalidMessageError."""
        outbox_id, _, n = text.partition(".")
        if not (n.isascii() and n.isdigit() and len(n) < 5):
            raise InvalidMessageError("part names no part of a message")
        try:
            return cls(outbox_id=UUID(outbox_id), n=int(n))
        except ValueError:
            raise InvalidMessageError("part names no part of a message") from None


async def record_status(
    connection: Connection, part: PartKey | None, update: StatusUpdate, *, has_template: bool
) -> bool:
    """Store a status where it is news and do what a failure asks for; False when nothing changed.

    Run it inside a transaction. A callback that names no part is of the one with Twilio's id. A message that is not
    ours (any more), and a late callback of an earlier attempt, are no news.
    """
    part = part or await _part_of(connection, update)
    if part is None:
        return False
    noted = await whatsapp_parts.note_status(
        connection,
        part.outbox_id,
        part.n,
        provider_ref=update.provider_message_id,
        status=update.status,
        behind=[earlier for earlier in get_args(Status) if is_forward(earlier, update.status)],
        error_code=update.error_code,
    )
    if noted is None:
        return False
    if noted.doubled:
        log.error("alarm", alarm="sent_twice", part=str(part), sid=update.provider_message_id)
        await node_status.report(connection, "whatsapp", "alarm", "degraded", "a reply reached a customer twice")
    if noted.news and update.status in _FAILED:
        await _remedy(connection, part, update, noted, has_template=has_template)
    return noted.news


async def _part_of(connection: Connection, update: StatusUpdate) -> PartKey | None:
    found = await whatsapp_parts.part_of(connection, update.provider_message_id)
    return PartKey(outbox_id=found[0], n=found[1]) if found else None


async def _remedy(
    connection: Connection, part: PartKey, update: StatusUpdate, noted: Noted, *, has_template: bool
) -> None:
    reason = f"Twilio: {update.status}, {update.error_message or 'no reason given'} ({update.error_code})"
    log.warning("part_not_delivered", part=str(part), status=update.status, code=update.error_code)
    templated = update.error_code == OUTSIDE_WINDOW and has_template and not noted.as_template
    if (templated or update.error_code in _PASSING) and noted.attempts < MAX_ATTEMPTS:
        await whatsapp_parts.send_again(
            connection,
            part.outbox_id,
            part.n,
            as_template=templated or noted.as_template,
            retry_in=0.0 if templated else PASSING_S * noted.attempts,
            reason=reason,
        )
    else:
        await park(connection, part.outbox_id, reason)
