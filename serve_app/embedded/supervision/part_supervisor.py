"""Supervises one part: starts it when its needs are met, and again when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.run_file import PartStatus, State

LOOK_SECONDS = 0.5
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
SETTLED_SECONDS = 60.0  # a part that has run that long restarts without a pause
DEAD_GRACE = 1.0


class Part(Protocol):
    """One process, or a group of them. The methods block and may be called again."""

    @property
    def name(self) -> str: ...

    @property
    def pid(self) -> int | None: ...

    @property
    def port(self) -> int: ...

    def start(self) -> None: ...

    def stop(self, *, grace: float = ...) -> bool: ...

    def retire(self) -> None: ...

    def is_alive(self) -> bool: ...


class PartSupervisor:
    """One part and its state. `up` is set while it runs; `on_change` is called with every new `status`.

    The part runs only while all events of `needs` (by their names for the status) are set. `after_start` is awaited
    after each start, before the part counts as up.
    """

    def __init__(
        self,
        part: Part,
        *,
        on_change: Callable[[PartStatus], None],
        needs: Mapping[str, asyncio.Event] | None = None,
        after_start: Callable[[], Awaitable[object]] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.part = part
        self.up = asyncio.Event()
        self.status = PartStatus(name=part.name, state="waiting", since=now().isoformat(timespec="seconds"))
        self._on_change = on_change
        self._needs = dict(needs or {})
        self._after_start = after_start
        self._now = now
        self._was_up = False
        self._deaths = 0

    async def run(self) -> None:
        """Start and restart the part for ever. Raises StartError when its first start fails."""
        while True:
            await self._wait_for_needs()
            try:
                await self._start()
            except StartError as error:
                if not self._was_up:
                    self.show("failed", detail=str(error))
                    raise
                self.show("failed", detail=str(error))
            else:
                await self._until_it_dies()
            await self._pause()

    def show(self, state: State, *, detail: str = "", **changes: Any) -> None:
        """Set the status; `since` changes only with the state."""
        since = self.status.since if state == self.status.state else self._now().isoformat(timespec="seconds")
        self.status = replace(self.status, state=state, since=since, detail=detail, **changes)
        self._on_change(self.status)

    async def _wait_for_needs(self) -> None:
        missing = [name for name, event in self._needs.items() if not event.is_set()]
        if missing:
            self.show("waiting", detail=f"for {' and '.join(missing)}", pid=None)
        for event in self._needs.values():
            await event.wait()

    async def _start(self) -> None:
        self.show("restarting" if self._was_up else "starting", pid=None)
        await asyncio.to_thread(self.part.start)
        if self._after_start is not None:
            await self._after_start()
        self._was_up = True
        self.show("up", pid=self.part.pid, port=self.part.port or None)
        self.up.set()

    async def _until_it_dies(self) -> None:
        loop = asyncio.get_running_loop()
        came_up = loop.time()
        while all(event.is_set() for event in self._needs.values()):
            if not await asyncio.to_thread(self.part.is_alive):
                break
            await asyncio.sleep(LOOK_SECONDS)
        self.up.clear()
        # A need is not met any more, or the part has died and may have left processes.
        await asyncio.to_thread(lambda: self.part.stop(grace=DEAD_GRACE))
        self._deaths = 0 if loop.time() - came_up > SETTLED_SECONDS else self._deaths
        self.show("restarting", detail="it ended", pid=None, restarts=self.status.restarts + 1)

    async def _pause(self) -> None:
        """Wait before a restart: not at all the first time, then longer with each death."""
        if self._deaths:
            await asyncio.sleep(min(FIRST_PAUSE * 2.0 ** (self._deaths - 1), LONGEST_PAUSE))
        self._deaths += 1
