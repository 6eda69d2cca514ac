"""The ingress node: holds the pool and the relay that the HTTP calls use, and serves the application over them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from db.pool import Pool, create_pool
from ingest.bus.relay import Relay
from ingest.bus.topics import KafkaSettings

ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressParts:
    """What a running node gives to the application; the application awaits `close` when its server shuts down."""

    pool: Pool
    relay: Relay
    close: Callable[[], Awaitable[None]]


class Ingress:
    """Comes up without a database and without a broker: calls are refused with 503 until the first answers.

    `build_app` makes the HTTP application over the parts; it is given from above because it knows the settings.
    """

    def __init__(
        self, *, build_app: Callable[[IngressParts], ASGIApp], database_url: str, pool_size: int, kafka: KafkaSettings
    ) -> None:
        self._build_app = build_app
        self._database_url = database_url
        self._pool_size = pool_size
        self._kafka = kafka

    async def start(self) -> IngressParts:
        """Make the parts, on the loop that will serve."""
        # No connection yet: each is made when it is needed, and again after the database was away.
        pool = await create_pool(self._database_url, size=self._pool_size, min_size=0)
        relay = Relay(pool=pool, kafka=self._kafka)
        relay.start()

        async def close() -> None:
            await relay.stop()
            await pool.close()

        return IngressParts(pool=pool, relay=relay, close=close)

    async def __serve_build_asgi_app__(self) -> ASGIApp:
        """Build the application; Ray Serve awaits this on the loop of the replica, once."""
        return self._build_app(await self.start())
