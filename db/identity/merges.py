"""Making two customers one, and taking that back: each is one transaction that records exactly what it changed.

A merge moves the loser's conversations, tickets, messages and identifiers to the winner. The loser stays as an empty
shell that leads straight to the winner (`merged_into`), and so do its own shells: whatever their senders write next is
filed there. Replies still go to whoever wrote: a conversation keeps its sender.

The locks are those of db.identity.exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from db.identity.exclusive import exclusively
from db.ids import new_id
from db.pool import Connection
from db.sql import statements

MergeTier = Literal[2, 3]
"""2: both identifiers were confirmed by one-time links; 3: the staff vouch for it."""
_SQL = statements(__file__)


class NoSuchCustomerError(Exception):
    """There is no such customer: nothing was changed."""


class AlreadyOneError(Exception):
    """The two are one customer already: nothing was changed."""


class NoSuchMergeError(Exception):
    """There is no such merge, or it was undone before: nothing was changed."""


class MergeNotLastError(Exception):
    """A later merge rests on this one: nothing was changed, `later` has to be undone first."""

    def __init__(self, later: UUID) -> None:
        super().__init__(f"merge {later} rests on it")
        self.later = later


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A merge as it was made; `undone_at` and `undone_by` are set once it was taken back.

    `shells` were merged into the loser before and lead to the winner as well.
    """

    id: UUID
    winner_id: UUID
    loser_id: UUID
    tier: MergeTier
    actor: str
    evidence: str
    shells: tuple[UUID, ...]
    merged_at: datetime
    undone_at: datetime | None
    undone_by: str | None


async def merge(
    connection: Connection,
    *,
    winner: UUID,
    loser: UUID,
    tier: MergeTier,
    actor: str,
    evidence: str,
    linked: Sequence[str] = (),
) -> Merge:
    """Make one customer of two and commit. Customers that were merged before stand for whom they were merged into.

    `linked` are the keys (`email:…`, `whatsapp:…`) of what a link has confirmed; without any, as the staff do it,
    everything proven of both is confirmed. Raises NoSuchCustomerError, AlreadyOneError, CustomerBusyError.
    """

    async def once() -> Merge:
        roots = [await connection.fetchval(_SQL["root"], customer) for customer in (winner, loser)]
        if None in roots:
            raise NoSuchCustomerError(str(winner if roots[0] is None else loser))
        if roots[0] == roots[1]:
            raise AlreadyOneError
        await _lock(connection, [*await _shells(connection, roots[1]), *sorted(roots)], history_of=roots[1])
        return await _merged(connection, *roots, tier=tier, actor=actor, evidence=evidence, linked=linked)

    return await exclusively(connection, once)


async def undo(connection: Connection, merge_id: UUID, *, actor: str) -> Merge:
    """Take a merge back and commit: all that it changed is as it was, what has come since goes to its own sender's.

    Raises NoSuchMergeError, MergeBuriedError, CustomerBusyError.
    """

    async def once() -> Merge:
        made = await find(connection, merge_id)
        if made is None or made.undone_at is not None:
            raise NoSuchMergeError(str(merge_id))
        if (later := await connection.fetchval(_SQL["later_merge"], merge_id)) is not None:
            raise MergeNotLastError(later)
        await _lock(connection, [*made.shells, made.loser_id, made.winner_id], history_of=made.winner_id)
        await connection.execute(_SQL["give_back"], merge_id, actor)
        await connection.execute(_SQL["restore_dropped"], merge_id)
        await _note(connection, "unmerged", made, actor)
        undone = await find(connection, merge_id)
        assert undone is not None
        return undone

    return await exclusively(connection, once)


async def confirm(connection: Connection, customer: UUID, *, tier: MergeTier, keys: Sequence[str]) -> None:
    """Raise identifiers of a customer (`email:…`, `whatsapp:…`) to a tier; a claim among them is proven by that."""
    await connection.execute(_SQL["confirm"], customer, tier, list(keys))


async def find(connection: Connection, merge_id: UUID) -> Merge | None:
    """Return a merge, or None."""
    row = await connection.fetchrow(_SQL["merge"], merge_id)
    return None if row is None else Merge(**{**row, "shells": tuple(row["shells"])})


async def _shells(connection: Connection, customer: UUID) -> list[UUID]:
    return [row["id"] for row in await connection.fetch(_SQL["shells"], customer)]


async def _lock(connection: Connection, customers: Sequence[UUID], *, history_of: UUID) -> None:
    """Wait for the customers, shells first as whoever files a message does, then take the rest or give up at once."""
    for customer in customers:
        await connection.execute(_SQL["lock_customer"], customer)
    await connection.execute(_SQL["lock_identifiers"], customers)
    for rows in ("lock_conversations", "lock_tickets", "lock_messages"):
        await connection.execute(_SQL[rows], history_of)


async def _merged(
    connection: Connection,
    winner: UUID,
    loser: UUID,
    *,
    tier: MergeTier,
    actor: str,
    evidence: str,
    linked: Sequence[str],
) -> Merge:
    merge_id = new_id()
    await connection.execute(_SQL["record"], merge_id, winner, loser, tier, actor, evidence)
    await connection.execute(_SQL["drop_weaker"], winner, loser)
    await connection.execute(_SQL["move_identifiers"], winner, loser)
    if linked:
        await confirm(connection, winner, tier=tier, keys=linked)
    else:
        await connection.execute(_SQL["confirm_all"], winner, tier)
    await connection.execute(_SQL["move_history"], winner, loser)
    await connection.execute(_SQL["settle_conflicts"], merge_id, winner, loser, actor)
    made = await find(connection, merge_id)
    assert made is not None
    await _note(connection, "merged", made, actor)
    return made


async def _note(connection: Connection, kind: str, made: Merge, actor: str) -> None:
    detail = {"winner": str(made.winner_id), "loser": str(made.loser_id), "evidence": made.evidence}
    for customer in (made.winner_id, made.loser_id):
        await connection.execute(_SQL["note"], kind, actor, customer, made.id, detail)
