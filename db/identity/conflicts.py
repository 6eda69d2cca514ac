"""Pairs of customers who may be one, by unverified claims: the staff merge or reject them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from db.pool import Connection
from db.records import IdentifierType
from db.sql import statements

ConflictKind = Literal["claims_verified", "claimed_by_several", "came_back"]
STEP = 2000
"""Rows of the ledger for one call: those of some minutes, as the reporting node looks every minute."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A customer of a conflict: the name given, the key of their record, the number of their messages."""

    customer_id: UUID
    name: str
    filed_as: str
    messages: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """An open conflict about two customers; `type` and `value` are the identifier that both have in common.

    claims_verified     a form of the one names a number that the other has verified
    claimed_by_several  forms of both name the number
    came_back           the number returned after 180 days of silence, with its former owner or another
    """

    id: UUID
    kind: ConflictKind
    type: IdentifierType
    value: str
    older: Party
    newer: Party
    created_at: datetime


async def detect(connection: Connection, *, limit: int = STEP) -> int:
    """Add the conflicts that the next `limit` rows of the ledger suggest; a decided one is not added again.

    Returns how many rows are behind it for good: fewer than `limit` where it has come to the last minute.
    """
    done: int = await connection.fetchval(_SQL["detect"], limit)
    return done


async def list_open(connection: Connection, *, limit: int = 100) -> list[Conflict]:
    """Return the open conflicts, oldest first."""
    rows = await connection.fetch(_SQL["list_open"], limit)
    return [_conflict(older, newer) for older, newer in zip(rows[::2], rows[1::2], strict=True)]


async def parties(connection: Connection, conflict_id: UUID) -> tuple[UUID, UUID] | None:
    """Return the two customers of a conflict, the older first; None where it is not open."""
    rows = await connection.fetch(_SQL["parties"], conflict_id)
    return (rows[0]["id"], rows[1]["id"]) if len(rows) == 2 else None


async def reject(connection: Connection, conflict_id: UUID, *, actor: str) -> bool:
    """Record that the two are not one; False when the conflict is not open."""
    return await connection.fetchval(_SQL["reject"], conflict_id, actor) is not None


def _conflict(older: Mapping[str, Any], newer: Mapping[str, Any]) -> Conflict:
    return Conflict(
        id=older["id"],
        kind=older["kind"],
        type=older["type"],
        value=older["value"],
        older=_party(older),
        newer=_party(newer),
        created_at=older["created_at"],
    )


def _party(row: Mapping[str, Any]) -> Party:
    return Party(
        customer_id=row["customer_id"],
        name=row["name"],
        filed_as=row["filed_as"],
        messages=row["messages"],
        since=row["since"],
    )
