"""A word that can't be delivered goes to a person, with the conversation."""

from __future__ import annotations

from uuid import UUID

from db.outbound import outbox
from db.pool import Connection
from deployments.rules.escalation import severity_and_queue
from ingest.events import ESCALATIONS

NEUTRAL = 0.5


async def park(connection: Connection, outbox_id: UUID, error: str) -> bool:
    """Park the word and hand its conversation over as `undeliverable`; False when that was done before.

    Run it inside a transaction.
    """
    category, priority = await outbox.ticket_of(connection, outbox_id)
    severity, queue = severity_and_queue("undeliverable", category, priority, NEUTRAL)
    return await outbox.park(
        connection, outbox_id, error=error, severity=severity, queue=queue, announce_on=ESCALATIONS
    )
