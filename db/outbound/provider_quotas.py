"""Limits of providers, shared by all replicas: the time of each is leased in stretches that don't overlap."""

from __future__ import annotations

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


async def lease(connection: Connection, key: str, *, seconds: float, spare_s: float, ahead_s: float) -> float | None:
    """Lease the next `seconds` of a quota's time and return in how many seconds they begin.

    Less than 0 (at least -`spare_s`) where nobody has used the time just gone by; None while the next stretch begins
    more than `ahead_s` from now. There is no release: a stretch that its holder does not use is over when it is past.
    """
    begins_in: float | None = await connection.fetchval(_SQL["lease"], key, seconds, spare_s, ahead_s)
    return begins_in
