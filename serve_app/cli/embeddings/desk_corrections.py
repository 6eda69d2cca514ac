"""The desk's corrections of category and priority, which heads learn from where LEARN_FROM_CUSTOMERS allows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from db.pool import Pool, transaction
from deployments.staff.corrections import labelled_lines
from embeddings.workbench.ticket_labels import Message

LOOKS_BACK = timedelta(days=365)


async def desk_corrections(pool: Pool) -> list[Message]:
    """Return the corrected tickets of a year, the oldest first, English ones, as the heads are; without personal data,
    and nothing of customers who object. Raises DatabaseUnavailableError."""
    async with transaction(pool) as connection:
        lines = await labelled_lines(connection, datetime.now(UTC) - LOOKS_BACK)
    return [
        Message(text=line.text, category=line.category, priority=line.priority, trade="own")
        for line in lines
        if line.language == "en"
    ]
