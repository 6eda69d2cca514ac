"""Fills an empty database with a year's rows, scaled down or up: for plans and for times at size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from db.measurement.scratch import ScratchRefusedError
from db.sql import statements

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

_SQL = statements(__file__)
_NO_ROWS = ("holds_customers", "set_up", "scale", "list_indexes", "analyse", "functions")
ALL = tuple(name for name in _SQL if name not in _NO_ROWS)
"""What the store can be filled with, in order: each refers to those before it."""
THE_DESK = ("people", "conversations", "messages", "hand_overs")
"""What turns, tickets and the desk's lists are read from."""
TICKETS_A_CUSTOMER = 1.25


async def load(connection: Connection, *, customers: int, what: Sequence[str] = ALL) -> None:
    """Fill an empty database, without triggers and key checks; its indexes are made afterwards, which is faster.

    Raises ValueError for one that holds customers, ScratchRefusedError where the role may not leave the checks out.
    """
    if await connection.fetchval(_SQL["holds_customers"]):
        raise ValueError("the database holds customers: only an empty one is filled")
    try:
        await connection.execute(_SQL["set_up"])
    except asyncpg.InsufficientPrivilegeError as error:
        raise ScratchRefusedError(f"a database can be filled by a superuser only: {error}") from error
    await connection.execute(_SQL["scale"], str(customers))
    indexes = await connection.fetch(_SQL["list_indexes"])
    for index in indexes:
        await connection.execute(index["dropped"])
    for name in ("functions", *what):
        await connection.execute(_SQL[name])
    for index in indexes:
        await connection.execute(index["definition"])
    await connection.execute(_SQL["analyse"])
