"""The ledger of identity: who said or did what about an identifier or a merge, when, and what it rests on.

The statements that act write it themselves, in the same transaction; it is only read here. No line is ever changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.pool import Connection
from db.records import IdentifierType
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A line. `kind` says what happened: claimed, verified, lapsed, link_asked, link_confirmed, merged, unmerged, …

    `actor` is `channel:…`, `rule:…`, `link` or `staff:…`. `filed_as` is the key that a claim was filed under.
    """

    kind: str
    actor: str
    type: IdentifierType | None
    value: str | None
    filed_as: str | None
    merge_id: UUID | None
    detail: dict[str, Any]
    recorded_at: datetime


async def of_customer(connection: Connection, customer_id: UUID, *, limit: int = 200) -> list[Evidence]:
    """Return the newest lines about a customer, and about those who were merged into him, oldest first."""
    rows = await connection.fetch(_SQL["of_customer"], customer_id, limit)
    return [Evidence(**row) for row in reversed(rows)]
