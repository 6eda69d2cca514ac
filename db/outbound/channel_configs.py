"""The settings of each channel (on or off, tone, limit, template), cached briefly so that a change needs no restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import get_args

from db.pool import Connection, Pool, acquire
from db.records import Channel, ChannelConfig
from db.sql import statements

_SQL = statements(__file__)

MAX_AGE_S = 5.0
"""The age at which the cached rows are read again."""


class ChannelConfigMissingError(Exception):
    """The channel has no row in `channel_configs`: run the migrations, or restore the row."""


async def list_all(connection: Connection) -> dict[Channel, ChannelConfig]:
    """Return the rows of all channels."""
    rows = await connection.fetch(_SQL["list_all"])
    return {row["channel"]: ChannelConfig(**row) for row in rows}


async def set_facts(connection: Connection, facts: Mapping[str, str]) -> None:
    """Store what templates may name of the company, by variable; the same facts again write nothing."""
    await connection.execute(_SQL["set_facts"], dict(facts))


PATIENCE_S = 1.0
"""In a crowd a reading queues for a connection with everybody; then the rows that it replaces will do."""
READ_S = 10.0
"""As long as a form waits for its connection."""


class ChannelConfigs:
    """A cache of the rows, at most `max_age_s` seconds old. `clock` is monotonic, in seconds."""

    def __init__(
        self, pool: Pool, *, max_age_s: float = MAX_AGE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._max_age_s = max_age_s
        self._clock = clock
        self._rows: Mapping[Channel, ChannelConfig] = {}
        self._stale_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def get(self, channel: Channel) -> ChannelConfig:
        """Return a channel's row. Raises ChannelConfigMissingError, and DatabaseUnavailableError as the pool does."""
        try:
            return (await self._current())[channel]
        except KeyError:
            raise ChannelConfigMissingError(f"channel_configs has no row for {channel}") from None

    async def all(self) -> Mapping[Channel, ChannelConfig]:
        """Return the rows by channel. Raises DatabaseUnavailableError as the pool does."""
        return await self._current()

    async def disabled(self) -> frozenset[Channel]:
        """Return the channels whose row is not `enabled`. Raises DatabaseUnavailableError as the pool does."""
        return frozenset(channel for channel, row in (await self._current()).items() if not row.enabled)

    async def missing(self) -> frozenset[Channel]:
        """Return the channels that have no row. Raises DatabaseUnavailableError as the pool does."""
        return frozenset(get_args(Channel)) - set(await self._current())

    async def _current(self) -> Mapping[Channel, ChannelConfig]:
        """Return the rows. Who asks while they are read waits for that reading, at most PATIENCE_S if there are any."""
        if self._clock() >= self._stale_at:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read(), name="channel-configs")
                self._reading.add_done_callback(_heard)
            await asyncio.wait({self._reading}, timeout=PATIENCE_S if self._rows else None)
            if self._reading.done():
                self._reading.result()
        return self._rows

    async def _read(self) -> None:
        async with acquire(self._pool, timeout=READ_S) as connection:
            self._rows = await list_all(connection)
        self._stale_at = self._clock() + self._max_age_s


def _heard(reading: asyncio.Task[None]) -> None:
    """Take note of an error, which the caller's own statements will meet too where nobody waited for it."""
    if not reading.cancelled():
        reading.exception()
