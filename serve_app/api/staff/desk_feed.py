"""News for the open pages of the desk, by server-sent events (text/event-stream).

One statement a second serves them all: each replica of the ingress node reads the desk's state while anybody listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

from pydantic import TypeAdapter

from db.pool import DatabaseUnavailableError, Pool, acquire
from db.staff.presence import DeskState, desk_state

EVERY_S = 1.0
BEAT_S = 10.0
LIFE_S = 30.0
"""A stream ends after this time and the page opens the next one, so that a replica that is to stop is soon idle."""
MAX_LISTENERS = 100
"""Streams of one replica: each holds one of the calls that Serve lets a replica have at a time."""
STATE = TypeAdapter(DeskState)


class DeskFeed:
    """Reads the desk's state once for all who listen, and hands it to each when something in it has changed."""

    def __init__(self, pool: Pool, *, every_s: float = EVERY_S) -> None:
        self._pool, self._every_s = pool, every_s
        self._listeners: set[asyncio.Event] = set()
        self._state: DeskState | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """True while nobody else may listen."""
        return len(self._listeners) >= MAX_LISTENERS

    async def listen(self, *, life_s: float = LIFE_S) -> AsyncIterator[bytes]:
        """Yield events: the state as it is, then whenever it has changed, with a comment as a heartbeat between.

        It ends with the stream's life, or when the caller stops.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + life_s
        news = asyncio.Event()
        if self._state is not None:
            news.set()
        self._listeners.add(news)
        self._start()
        try:
            yield b"retry: 1000\n\n"
            while (rest := end - loop.time()) > 0:
                try:
                    await asyncio.wait_for(news.wait(), min(BEAT_S, rest))
                except TimeoutError:
                    yield b":\n\n"
                    continue
                news.clear()
                if self._state is not None:
                    yield b"event: desk\ndata: " + STATE.dump_json(self._state) + b"\n\n"
        finally:
            self._listeners.discard(news)

    def _start(self) -> None:
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read(), name="desk-feed")

    async def _read(self) -> None:
        """Read until nobody listens any more. While the database is away the pages keep what they have."""
        while self._listeners:
            with suppress(DatabaseUnavailableError):
                async with acquire(self._pool) as connection:
                    state = await desk_state(connection)
                self._hand_out(state)
            await asyncio.sleep(self._every_s)
        self._state = None

    def _hand_out(self, state: DeskState) -> None:
        before, self._state = self._state, state
        if before is None or _has_news(before, state):
            for news in self._listeners:
                news.set()


def _has_news(before: DeskState, state: DeskState) -> bool:
    """A change that is told no longer is no news."""
    same = replace(state, at=before.at, changed=before.changed) == before
    return not same or not state.changed.items() <= before.changed.items()
