"""Twilio's delivery statuses of a reply's parts, received by callback or looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args
from uuid import UUID

import structlog

from db.operations import node_status
from db.outbound import whatsapp_parts
from db.outbound.whatsapp_parts import NotedStatus
from db.pool import Connection
from deployments.channels.parking import park
from deployments.channels.whatsapp.twilio_client import OUTSIDE_WINDOW
from ingest.events import InvalidMessageError
from ingest.whatsapp.status import Status, StatusUpdate, is_forward

TOO_FAST = 63018
_TRANSIENT = frozenset({TOO_FAST, 63010, 30001})
"""Rate limit, internal error of the channel, full queue: sending the part again may succeed."""
TRANSIENT_PAUSE_S = 30.0
MAX_ATTEMPTS = 5
_FAILED = ("undelivered", "failed", "canceled")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartKey:
    """A part's id in the signed StatusCallback URL: `<outbox id>.<number>`."""

    outbox_id: UUID
    n: int

    def __str__(self) -> str:
        return f"{self.outbox_id}.{self.n}"

    @classmethod
    def parse(cls, text: str) -> PartKey:
        """Raises InvalidMessageError."""
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
    """Store a newer status; after a failure send the part again or park the reply. False when nothing changed.

    Must run inside a transaction. Without `part` the part is found by Twilio's id. Statuses of unknown messages, and
    belated ones of an earlier attempt, change nothing.
    """
    if part is None:
        found = await whatsapp_parts.find_part(connection, update.provider_message_id)
        if found is None:
            return False
        part = PartKey(outbox_id=found[0], n=found[1])
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
    if noted.is_new and update.status in _FAILED:
        await _retry_or_park(connection, part, update, noted, has_template=has_template)
    return noted.is_new


async def _retry_or_park(
    connection: Connection, part: PartKey, update: StatusUpdate, noted: NotedStatus, *, has_template: bool
) -> None:
    reason = f"Twilio: {update.status}, {update.error_message or 'no reason given'} ({update.error_code})"
    log.warning("part_not_delivered", part=str(part), status=update.status, code=update.error_code)
    templated = update.error_code == OUTSIDE_WINDOW and has_template and not noted.as_template
    if (templated or update.error_code in _TRANSIENT) and noted.attempts < MAX_ATTEMPTS:
        await whatsapp_parts.requeue_part(
            connection,
            part.outbox_id,
            part.n,
            as_template=templated or noted.as_template,
            retry_in=0.0 if templated else TRANSIENT_PAUSE_S * noted.attempts,
            reason=reason,
        )
    else:
        await park(connection, part.outbox_id, reason)
