"""The evidence ledger of identity: who claimed, verified or did what about an identifier or a merge, and when.

It is append-only. The statements that act write to it in their own transaction; this module only reads it.
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
    """An entry. `kind` says what happened: claimed, verified, lapsed, link_asked, link_confirmed, merged, unmerged, …

    `actor` is `channel:…`, `rule:…`, `link` or `staff:…`. `filed_as` is the sender key under which a claim was made.
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
    """Return the newest entries about a customer and those merged into them, oldest first."""
    rows = await connection.fetch(_SQL["of_customer"], customer_id, limit)
    return [Evidence(**row) for row in reversed(rows)]
