"""Runs stand-ins: uvicorn on a socket of its own, with connections that a fault can cut."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

STARTUP_SECONDS = 15.0


class AbortableProtocol(H11Protocol):
    """Lets an answer reach its own connection, so that it can be dropped instead of sent."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the transport into the request's state."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class StandIn(uvicorn.Server):
    """One app on one port of the loopback; port 0 picks a free one, `url` names it."""

    def __init__(self, app: ASGIApp, *, port: int = 0, host: str = "127.0.0.1") -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=AbortableProtocol,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then set `up`."""
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to whoever runs us: several servers share a process."""
        yield

    async def run_until_stopped(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Ask the server to end; thread-safe."""
        self.should_exit = True


@contextlib.contextmanager
def serve_in_thread(app: ASGIApp, *, port: int = 0) -> Iterator[str]:
    """Serve `app` from a thread with a loop of its own; yields the base URL. Works in sync and async tests."""
    server = StandIn(app, port=port)
    thread = threading.Thread(target=lambda: asyncio.run(server.run_until_stopped()), daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield server.url
    finally:
        server.stop()
        thread.join(STARTUP_SECONDS)


async def serve_until_signal(servers: Sequence[StandIn], ready: Callable[[], None]) -> None:
    """Serve all of them in this loop until SIGINT or SIGTERM; `ready` is called once all answer."""
    loop = asyncio.get_running_loop()

    def stop_all() -> None:
        for server in servers:
            server.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop_all)
    async with asyncio.TaskGroup() as group:
        for server in servers:
            group.create_task(server.run_until_stopped())
        for server in servers:
            await server.up.wait()
        ready()


def _wait_until_started(server: StandIn, thread: threading.Thread) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError(f"the stand-in at {server.url} did not start")
        time.sleep(0.01)
