"""The ingress node: the HTTP application with its database pool and its outbox relay to Kafka."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from db.pool import Pool, create_pool
from deployments.runtime.loop_lag import LoopLag
from ingest.bus.relay import Relay
from ingest.bus.topics import KafkaSettings

ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressParts:
    """What the HTTP application works with; it awaits `close` when its server shuts down."""

    pool: Pool
    relay: Relay
    close: Callable[[], Awaitable[None]]


class IngressNode:
    """Starts without a database or a broker; until the database answers, the application responds with 503.

    `build_app` makes the HTTP application. It is injected because the application lives in serve_app.
    """

    def __init__(
        self, *, build_app: Callable[[IngressParts], ASGIApp], database_url: str, pool_size: int, kafka: KafkaSettings
    ) -> None:
        self._build_app = build_app
        self._database_url = database_url
        self._pool_size = pool_size
        self._kafka = kafka

    async def start(self) -> IngressParts:
        """Create the pool and start the relay. Must run on the event loop that serves the application."""
        # min_size=0: a connection is opened when it is needed, so the node starts while the database is down.
        pool = await create_pool(self._database_url, size=self._pool_size, min_size=0)
        relay = Relay(pool=pool, kafka=self._kafka)
        relay.start()
        lag = LoopLag(node="ingress")
        lag.start()

        async def close() -> None:
            lag.stop()
            await relay.stop()
            await pool.close()

        return IngressParts(pool=pool, relay=relay, close=close)

    async def __serve_build_asgi_app__(self) -> ASGIApp:
        """Build the application. Ray Serve awaits this once, on the replica's event loop."""
        return self._build_app(await self.start())
