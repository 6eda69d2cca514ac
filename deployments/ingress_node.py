"""The ingress node: the HTTP application with its database pool and its outbox relay to Kafka."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from db.ids import new_id
from db.operations.node_status import Status
from db.pool import Pool, create_pool
from deployments.runtime.heartbeat import EVERY_S, Heartbeat
from ingest.bus.relay import Relay
from ingest.bus.topics import KafkaSettings

PROBE_CONNECTIONS = 1
ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressParts:
    """What the HTTP application works with; it awaits `close` when its server shuts down.

    `probes` has one connection, for the probes and /health alone: they tell of the database, not of the pool's queue.
    """

    pool: Pool
    probes: Pool
    relay: Relay
    close: Callable[[], Awaitable[None]]


class IngressNode:
    """Starts without a database or a broker; until the database answers, the application responds with 503.

    `build_app` makes the HTTP application. It is injected because the application lives in serve_app.
    """

    def __init__(
        self,
        *,
        build_app: Callable[[IngressParts], ASGIApp],
        database_url: str,
        pool_size: int,
        kafka: KafkaSettings,
        beat_every_s: float = EVERY_S,
    ) -> None:
        self._build_app = build_app
        self._database_url = database_url
        self._pool_size = pool_size
        self._kafka = kafka
        self._beat_every_s = beat_every_s

    async def start(self) -> IngressParts:
        """Create the pool and start the relay. Must run on the event loop that serves the application."""
        # min_size=0: a connection is opened when it is needed, so the node starts while the database is down.
        pool = await create_pool(self._database_url, size=self._pool_size, min_size=0, stateless=True)
        probes = await create_pool(self._database_url, size=PROBE_CONNECTIONS, min_size=0, stateless=True)
        relay = Relay(pool=pool, kafka=self._kafka)
        relay.start()
        heartbeat = Heartbeat(
            pool=pool,
            node="ingress",
            replica=str(new_id()),
            status=lambda: _status(relay),
            every_s=self._beat_every_s,
        )
        heartbeat.start()

        async def close() -> None:
            await heartbeat.stop()
            await relay.stop()
            await pool.close()
            await probes.close()

        return IngressParts(pool=pool, probes=probes, relay=relay, close=close)

    async def __serve_build_asgi_app__(self) -> ASGIApp:
        """Build the application. Ray Serve awaits this once, on the replica's event loop."""
        return self._build_app(await self.start())


def _status(relay: Relay) -> tuple[Status, str]:
    if relay.failed is not None:
        return "degraded", f"its relay to Kafka has ended ({type(relay.failed).__name__}): others send later"
    return "healthy", "forms and webhooks are accepted"
