"""Serve's handles as the nodes' collaborators: a caller that gives up takes its work back."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import pytest
from ray.exceptions import ActorDiedError

from deployments.runtime.retries import NodeUnavailableError
from serve_app.nodes.remote_handles import RemoteAgent


class Response:
    """As Serve's: it is awaited, or cancelled."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error, self.cancelled = error, False

    def __await__(self) -> Generator[Any, None, None]:
        yield from self._wait().__await__()

    async def _wait(self) -> None:
        if self._error is not None:
            raise self._error
        await asyncio.sleep(3600)

    def cancel(self) -> None:
        self.cancelled = True


class Handle:
    def __init__(self, response: Response) -> None:
        self._response = response
        self.ready = self

    def remote(self) -> Response:
        return self._response


async def test_a_caller_that_gives_up_cancels_the_replica_s_work() -> None:
    response = Response()
    agent: Any = Handle(response)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await RemoteAgent(agent).ready()
    assert response.cancelled


async def test_a_replica_that_died_is_unavailable() -> None:
    agent: Any = Handle(Response(ActorDiedError()))
    with pytest.raises(NodeUnavailableError):
        await RemoteAgent(agent).ready()
