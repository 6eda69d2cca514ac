"""What dead processes held is handed back at once, where it is known that none is alive."""

from __future__ import annotations

from dataclasses import dataclass

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedBack:
    """How many leases of each kind were ended."""

    turns: int
    replies: int
    look_ups: int
    events: int
    mailboxes: int
    notifications: int


async def hand_back(connection: Connection) -> HandedBack:
    """End the leases of all processes. To be called only while none of them runs, and before the next begins.

    A process that runs after all finds its lease fenced: it writes nothing of a turn, and a part or draft that it is
    sending is looked up before it is sent again.
    """
    row = await connection.fetchrow(_SQL["hand_back"])
    assert row is not None
    return HandedBack(**row)
