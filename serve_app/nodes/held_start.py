"""Holds a new RayCluster's graph back until its pods can take calls: KubeRay's switch to it does not wait for them.

KubeRay points the Service to the new cluster as soon as Serve says that the application runs (`Reconcile` in its
rayservice_controller.go); a worker's readiness is looked at every five seconds, the head's every two, and calls that
come in between are refused. The application runs once its last replica has started: the reporting node, which takes no
calls.
"""

from __future__ import annotations

import asyncio
import time

import httpx
import structlog

from serve_app.settings.settings import HTTP_PORT, LOOPBACK

PROXY = f"http://{LOOPBACK}:{HTTP_PORT}/-/healthz"
PROXY_S = 60.0
"""How long the pod's own proxy is waited for. A pod that stands outside the Service has none."""
READY_S = 12.0
"""From then on: two looks at a worker's readiness, and the operator's at the head."""

log = structlog.get_logger(__name__)


async def until_pods_are_ready(*, proxy: str = PROXY, proxy_s: float = PROXY_S, ready_s: float = READY_S) -> None:
    """Return when the pods of this cluster have had the time to become ready."""
    started = time.monotonic()
    ready = False
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        while not ready and time.monotonic() - started < proxy_s:
            ready = await _serves(client, proxy)
            await asyncio.sleep(ready_s if ready else 0.5)
    log.info("start_held", seconds=round(time.monotonic() - started, 1), proxy_ready=ready)


async def _serves(client: httpx.AsyncClient, proxy: str) -> bool:
    try:
        return (await client.get(proxy)).is_success
    except httpx.HTTPError:
        return False
