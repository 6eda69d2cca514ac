"""The proofs of work that forms were sent with: each counts for one form."""

from __future__ import annotations

from datetime import datetime

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


async def claim(connection: Connection, proof: str, *, key: str, expires: datetime) -> bool:
    """Use a proof for the form with this Idempotency-Key; False when another form came with it."""
    return await connection.fetchval(_SQL["claim"], proof, key, expires) is not None


async def delete_expired(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` proofs that expired before `before`; returns how many."""
    deleted: int = await connection.fetchval(_SQL["delete_expired"], before, limit)
    return deleted
