"""Merges of two customers and their undoing: each is one transaction that records exactly what it changed.

A merge moves the loser's conversations, tickets, messages and identifiers to the winner. The loser stays as an empty
shell that leads straight to the winner (`merged_into`), and so do its own shells: what their senders write next is
filed under the winner. A conversation keeps its sender, so replies go to the same address as before.

The locks are those of db.identity.exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from db.identity.exclusive import run_exclusively
from db.ids import new_id
from db.pool import Connection
from db.sql import statements

MergeTier = Literal[2, 3]
"""2: both identifiers were confirmed by one-time links; 3: merged by the staff."""
_SQL = statements(__file__)


class NoSuchCustomerError(Exception):
    """There is no such customer: nothing was changed."""


class AlreadyOneError(Exception):
    """The two are one customer already: nothing was changed."""


class NoSuchMergeError(Exception):
    """There is no such merge, or it was undone already: nothing was changed."""


class MergeNotLastError(Exception):
    """A later merge was made on top of this one: nothing was changed, `later` has to be undone first."""

    def __init__(self, later: UUID) -> None:
        super().__init__(f"merge {later} rests on it")
        self.later = later


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A merge; `undone_at` and `undone_by` are set once it is undone.

    `shells` are the customers that were merged into the loser before; they lead to the winner now.
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
    """Merge two customers and commit. A customer that was merged before stands for whom they were merged into.

    `linked` are the keys (`email:…`, `whatsapp:…`) that one-time links have confirmed, and that are raised to `tier`;
    without any (a merge by the staff) all verified identifiers of both are. Raises NoSuchCustomerError,
    AlreadyOneError, CustomerBusyError.
    """

    async def once() -> Merge:
        roots = [await connection.fetchval(_SQL["merge_root"], customer) for customer in (winner, loser)]
        if None in roots:
            raise NoSuchCustomerError(str(winner if roots[0] is None else loser))
        if roots[0] == roots[1]:
            raise AlreadyOneError
        shells = [row["id"] for row in await connection.fetch(_SQL["list_shells"], roots[1])]
        await _lock(connection, [*shells, *sorted(roots)], history_of=roots[1])
        return await _merge(connection, *roots, tier=tier, actor=actor, evidence=evidence, linked=linked)

    return await run_exclusively(connection, once)


async def undo(connection: Connection, merge_id: UUID, *, actor: str) -> Merge:
    """Undo a merge and commit: what it changed is as before, what came since goes to the customer of its sender.

    Raises NoSuchMergeError, MergeNotLastError, CustomerBusyError.
    """

    async def once() -> Merge:
        made = await find(connection, merge_id)
        if made is None or made.undone_at is not None:
            raise NoSuchMergeError(str(merge_id))
        if (later := await connection.fetchval(_SQL["later_merge"], merge_id)) is not None:
            raise MergeNotLastError(later)
        await _lock(connection, [*made.shells, made.loser_id, made.winner_id], history_of=made.winner_id)
        await connection.execute(_SQL["undo"], merge_id, actor)
        await connection.execute(_SQL["restore_dropped"], merge_id)
        await _add_evidence(connection, "unmerged", made, actor)
        undone = await find(connection, merge_id)
        assert undone is not None
        return undone

    return await run_exclusively(connection, once)


async def confirm(connection: Connection, customer: UUID, *, tier: MergeTier, keys: Sequence[str]) -> None:
    """Raise identifiers of a customer (`email:…`, `whatsapp:…`) to a tier; claims among them become verified."""
    await connection.execute(_SQL["confirm"], customer, tier, list(keys))


async def find(connection: Connection, merge_id: UUID) -> Merge | None:
    """Return a merge, or None."""
    row = await connection.fetchrow(_SQL["find"], merge_id)
    return None if row is None else Merge(**{**row, "shells": tuple(row["shells"])})


async def _lock(connection: Connection, customers: Sequence[UUID], *, history_of: UUID) -> None:
    """Wait for the customers' rows, shells first as intake locks them; the other locks fail at once when held."""
    for customer in customers:
        await connection.execute(_SQL["lock_customer"], customer)
    await connection.execute(_SQL["lock_identifiers"], customers)
    for rows in ("lock_conversations", "lock_tickets", "lock_messages"):
        await connection.execute(_SQL[rows], history_of)


async def _merge(
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
    await connection.execute(_SQL["add_merge"], merge_id, winner, loser, tier, actor, evidence)
    await connection.execute(_SQL["drop_duplicate_claims"], winner, loser)
    await connection.execute(_SQL["move_identifiers"], winner, loser)
    if linked:
        await confirm(connection, winner, tier=tier, keys=linked)
    else:
        await connection.execute(_SQL["raise_verified"], winner, tier)
    await connection.execute(_SQL["move_history"], winner, loser)
    await connection.execute(_SQL["approve_conflicts"], merge_id, winner, loser, actor)
    made = await find(connection, merge_id)
    assert made is not None
    await _add_evidence(connection, "merged", made, actor)
    return made


async def _add_evidence(connection: Connection, kind: str, made: Merge, actor: str) -> None:
    detail = {"winner": str(made.winner_id), "loser": str(made.loser_id), "evidence": made.evidence}
    for customer in (made.winner_id, made.loser_id):
        await connection.execute(_SQL["add_evidence"], kind, actor, customer, made.id, detail)
