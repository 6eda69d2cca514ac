"""Calls to the store and to other nodes, repeated until the other side is back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from db.pool import Connection, DatabaseUnavailableError, Pool, acquire, transaction

T = TypeVar("T")


class NodeUnavailableError(Exception):
    """A node of the graph is away, full or silent: it is asked again (deployments.runtime.quarantine tells why)."""


class NodeDiedError(NodeUnavailableError):
    """A replica died, this call in it perhaps: it may have been this message that killed it."""


AWAY = (DatabaseUnavailableError, NodeUnavailableError)
"""What a call raises when the other side did not answer, whatever the reason."""


async def answered(call: Awaitable[T], *, within_s: float) -> T:
    """Return what `call` returns. Raises NodeUnavailableError when that takes too long: a hung node counts as away."""
    try:
        async with asyncio.timeout(within_s):
            return await call
    except TimeoutError:
        raise NodeUnavailableError(f"no answer within {within_s:.0f} s") from None


_RETRYING = stamina.AsyncRetryingCaller(attempts=None, timeout=None, wait_initial=0.2, wait_max=2.0).on(AWAY)


async def until_it_answers(call: Callable[[], Awaitable[T]]) -> T:
    """Return what `call` returns, however often the store or a node is away meanwhile; other errors pass through.

    The call takes no arguments because retries are logged with them, and ours hold what customers wrote.
    """
    return await _RETRYING(call)


async def with_connection(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Return what `work` returns on a connection; it is run again, whole, while the database is away."""

    async def once() -> T:
        async with acquire(pool) as connection:
            return await work(connection)

    return await until_it_answers(once)


async def in_transaction(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    """As `with_connection`, with `work` inside one transaction: each try is all or nothing."""

    async def once() -> T:
        async with transaction(pool) as connection:
            return await work(connection)

    return await until_it_answers(once)
