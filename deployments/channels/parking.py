"""Parking: a reply that can't be delivered is kept, and its conversation is handed over to a person."""

from __future__ import annotations

from uuid import UUID

from db.outbound import outbox
from db.pool import Connection
from deployments.rules.escalation import NEUTRAL_SENTIMENT, severity_and_queue
from ingest.events import ESCALATIONS


async def park(connection: Connection, outbox_id: UUID, error: str) -> bool:
    """Park the reply and hand its conversation over as `undeliverable`; False if it was parked before.

    Must run inside a transaction.
    """
    category, priority = await outbox.category_and_priority(connection, outbox_id)
    severity, queue = severity_and_queue("undeliverable", category, priority, NEUTRAL_SENTIMENT)
    return await outbox.park(
        connection, outbox_id, error=error, severity=severity, queue=queue, announce_on=ESCALATIONS
    )
