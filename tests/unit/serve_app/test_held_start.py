"""S5: a new cluster is switched to when its pods can take calls, not before."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from evaluation.providers.serving import serve_in_thread
from serve_app.nodes.held_start import until_pods_are_ready
from tests.fixtures.ports import free_port


@pytest.fixture
def looks() -> list[float]:
    """When the proxy was asked."""
    return []


@pytest.fixture
def proxy(looks: list[float]) -> Iterator[str]:
    """A proxy that has no replica at its first three looks."""

    def healthz(_request: Request) -> PlainTextResponse:
        looks.append(time.monotonic())
        return PlainTextResponse("success", status_code=200 if len(looks) > 3 else 503)

    with serve_in_thread(Starlette(routes=[Route("/-/healthz", healthz)])) as url:
        yield f"{url}/-/healthz"


async def test_the_start_waits_for_the_proxy_and_then_for_the_looks_at_the_pods(proxy: str, looks: list[float]) -> None:
    await until_pods_are_ready(proxy=proxy, ready_s=0.5)
    assert len(looks) == 4
    assert time.monotonic() - looks[-1] >= 0.5


async def test_a_pod_without_a_proxy_starts_after_a_while() -> None:
    started = time.monotonic()
    await until_pods_are_ready(proxy=f"http://127.0.0.1:{free_port()}/-/healthz", proxy_s=0.6)
    assert 0.6 <= time.monotonic() - started < 10
