"""Servers for the tests of the HTTP side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager

import pytest
import pytest_asyncio
import structlog

from serve_app.telemetry import configure_logging
from tests.integration.api.serving import Served, arguments, running

EMPTIED = """
    DELETE FROM agent_metrics; DELETE FROM rate_limits; DELETE FROM node_status; DELETE FROM dead_letters;
    DELETE FROM events; DELETE FROM outbox; DELETE FROM inbox;
    DELETE FROM messages; DELETE FROM tickets; DELETE FROM conversations; DELETE FROM customer_identifiers;
    DELETE FROM customers; ALTER SEQUENCE ticket_numbers RESTART
"""


@pytest.fixture(scope="module", autouse=True)
def _logs() -> Iterator[None]:
    """Logs as the product writes them: structlog's own setting takes seconds to draw one traceback."""
    before = structlog.get_config()
    configure_logging("WARNING", "ingress")
    yield
    structlog.configure(**before)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_api(module_database_url: str) -> AsyncIterator[Served]:
    """The standard server, started once for a module."""
    async with running(arguments(module_database_url)) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def api(module_api: Served) -> Served:
    """The standard server over an empty database. A test that changes the schema takes `serve`, with one of its own."""
    await module_api.pool.execute(EMPTIED)
    return module_api


@pytest.fixture
def serve(database_url: str) -> Callable[..., AbstractAsyncContextManager[Served]]:
    """A server with other arguments: `async with serve(public_rate_limit="5/minute") as api`."""
    return lambda **changes: running(arguments(database_url, **changes))
