"""The probes have a connection of their own: a pool that is used up is no database that is away."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

import httpx

from deployments.ingress_node import IngressNode
from serve_app.api.build import build_for
from tests.integration.api.serving import arguments

POOL = 2


async def test_k5_probes_do_not_queue_behind_calls_that_use_up_the_pool(database_url: str) -> None:
    args = arguments(database_url)
    build = partial(build_for, args, "1.2.3")
    parts = await IngressNode(build_app=build, database_url=database_url, pool_size=POOL, kafka=args.kafka).start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(parts.close)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(build(parts)), base_url="http://testserver")
        await stack.enter_async_context(client)
        for _ in range(POOL):
            await stack.enter_async_context(parts.pool.acquire())
        assert (await client.get("/health/ready")).status_code == 200
        assert (await client.get("/health")).json()["components"]["database"]["status"] == "healthy"
        assert (parts.pool.get_size(), parts.pool.get_idle_size()) == (POOL, 0)
