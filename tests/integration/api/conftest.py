"""Servers for the tests of the HTTP side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.integration.api.serving import Served, arguments, running

EMPTIED = """
    DELETE FROM agent_metrics; DELETE FROM rate_limits; DELETE FROM node_status; DELETE FROM events; DELETE FROM inbox;
    DELETE FROM messages; DELETE FROM tickets; DELETE FROM conversations; DELETE FROM customer_identifiers;
    DELETE FROM customers; ALTER SEQUENCE ticket_numbers RESTART
"""


@pytest.fixture
async def api(module_database_url: str) -> AsyncIterator[Served]:
    """The standard server over an empty database. A test that changes the schema takes `serve`, with one of its own."""
    async with running(arguments(module_database_url)) as served:
        await served.pool.execute(EMPTIED)
        yield served


@pytest.fixture
def serve(database_url: str) -> Callable[..., AbstractAsyncContextManager[Served]]:
    """A server with other arguments: `async with serve(public_rate_limit="5/minute") as api`."""
    return lambda **changes: running(arguments(database_url, **changes))
