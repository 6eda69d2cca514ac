"""Servers for the tests of the HTTP side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.integration.api.serving import Served, arguments, running


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Served]:
    """The standard server."""
    async with running(arguments(database_url)) as served:
        yield served


@pytest.fixture
def serve(database_url: str) -> Callable[..., AbstractAsyncContextManager[Served]]:
    """A server with other arguments: `async with serve(public_rate_limit="5/minute") as api`."""
    return lambda **changes: running(arguments(database_url, **changes))
