"""The HTTP side as a real server on a port of its own, over a real PostgreSQL; the broker is away unless asked for."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr

from db.pool import Pool, create_pool
from deployments.ingress_node import IngressNode
from deployments.runtime.heartbeat import EVERY_S, SILENT_S
from serve_app.api.build import api_deps, build_api
from serve_app.settings.app_args import AppArgs, KafkaArgs
from tests.fixtures.company import EXAMPLE
from tests.fixtures.ports import deaf_port

SECRET = "a secret of this test"
STAFF_KEY = "s3cr3t-of-ann-in-tests"
BOBS_KEY = "the-other-key-of-bob"
FORM = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "subject": "Password reset",
    "category": "account_access",
    "message": "How do I reset my password, please?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running server: a client that talks to it over TCP, and the database behind it."""

    url: str
    client: httpx.AsyncClient
    pool: Pool

    async def submit(self, **changes: Any) -> dict[str, Any]:
        """Send a valid form and return the answer."""
        response = await self.client.post("/api/v1/support/form", json=FORM | changes)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer


def arguments(database_url: str, **changes: Any) -> AppArgs:
    """Arguments of a graph with a staff key, without limits and without a broker."""
    standard: dict[str, Any] = {
        "company": EXAMPLE,
        "database_url": database_url,
        "kafka": KafkaArgs(bootstrap_servers=f"127.0.0.1:{deaf_port()}"),
        "secret_key": SecretStr(SECRET),
        "staff_api_key": SecretStr(f"ann:{STAFF_KEY},bob:{BOBS_KEY}"),
        "public_rate_limit": "off",
    }
    return AppArgs(**standard | changes)


@asynccontextmanager
async def running(
    args: AppArgs, *, beat_every_s: float = EVERY_S, silent_s: float = SILENT_S, port: int = 0, **changes: Any
) -> AsyncIterator[Served]:
    """Serve the application under uvicorn, as the ingress node would; `changes` are of its ApiDeps."""
    ingress = IngressNode(
        build_app=lambda parts: build_api(
            replace(api_deps(args, parts, version="1.2.3"), silent_s=silent_s, **changes)
        ),
        database_url=args.database_url,
        pool_size=4,
        kafka=args.kafka,
        beat_every_s=beat_every_s,
    )
    app = await ingress.__serve_build_asgi_app__()
    # Named TCP: asyncio switches Nagle's delay off only on a socket that says so.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", port))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False, lifespan="on"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    pool = await create_pool(args.database_url, size=2, min_size=0)
    try:
        async with httpx.AsyncClient(base_url=url, timeout=120) as client:
            while not server.started:
                assert not task.done()
                await asyncio.sleep(0.01)
            yield Served(url=url, client=client, pool=pool)
    finally:
        await pool.close()
        server.should_exit = True
        await task
