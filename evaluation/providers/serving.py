"""Serves stand-ins with uvicorn, on connections that a fault can abort."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

STARTUP_SECONDS = 15.0


class AbortableProtocol(H11Protocol):
    """Gives a response access to its connection, so that it can abort it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Add the transport to the request's state."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class StandIn(uvicorn.Server):
    """One app on one port of `host`, the loopback by default; port 0 picks a free one, `url` names it.

    `control_url` is a second port of the same app, which stays open while the provider is away.
    """

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
        self._socket = _bound(host, port)
        self._host, self._port = host, self._socket.getsockname()[1]
        self.url = f"http://{host}:{self._port}"
        self._control = _bound(host, 0)
        self.control_url = f"http://{host}:{self._control.getsockname()[1]}"
        self.up = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then set `up`."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.up.set()

    def go_away(self) -> None:
        """Refuse connections and abort open ones, as when the provider is down; from another thread."""
        self._run_in_loop(self._go_away())

    def come_back(self) -> None:
        """Listen again on the same address; from another thread."""
        self._run_in_loop(self._come_back())

    async def _go_away(self) -> None:
        self.servers[0].close()
        for connection in list(self.server_state.connections):
            transport: Any = connection.transport
            if transport.get_extra_info("sockname")[1] == self._port:
                transport.abort()
        # Bound and not listening: the port stays reserved, and connections to it are refused.
        self._socket = _bound(self._host, self._port)

    async def _come_back(self) -> None:
        def protocol() -> AbortableProtocol:
            return AbortableProtocol(
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state, _loop=self._loop
            )

        loop = asyncio.get_running_loop()
        self.servers[0] = await loop.create_server(protocol, sock=self._socket, backlog=self.config.backlog)

    def _run_in_loop(self, work: Coroutine[Any, Any, None]) -> None:
        if self._loop is None:
            raise RuntimeError("the stand-in has not started")
        asyncio.run_coroutine_threadsafe(work, self._loop).result(STARTUP_SECONDS)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Install no signal handlers: several servers share a process."""
        yield

    async def run_until_stopped(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve(sockets=[self._socket, self._control])

    def stop(self) -> None:
        """Ask the server to end; thread-safe."""
        self.should_exit = True


@contextlib.contextmanager
def serve_in_thread(app: ASGIApp, *, port: int = 0) -> Iterator[str]:
    """Serve `app` from a thread with a loop of its own; yields the base URL."""
    with standing_in(app, port=port) as server:
        yield server.url


@contextlib.contextmanager
def standing_in(app: ASGIApp, *, port: int = 0) -> Iterator[StandIn]:
    """As `serve_in_thread`, but yields the server, whose `go_away` and `come_back` make an outage."""
    server = StandIn(app, port=port)
    thread = threading.Thread(target=lambda: asyncio.run(server.run_until_stopped()), daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield server
    finally:
        server.stop()
        thread.join(STARTUP_SECONDS)


async def serve_until_signal(servers: Sequence[StandIn], ready: Callable[[], None]) -> None:
    """Serve all of them in this loop until SIGINT or SIGTERM; `ready` is called once all are up."""
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


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    return made


def _wait_until_started(server: StandIn, thread: threading.Thread) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError(f"the stand-in at {server.url} did not start")
        time.sleep(0.01)
