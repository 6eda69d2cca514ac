"""A server of a benchmark's own, in a process of its own."""

from __future__ import annotations

import asyncio
import itertools
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LOOPBACK = "127.0.0.1"
START_S = 60.0


@asynccontextmanager
async def child_server(module: str, *arguments: str, told: str = "") -> AsyncIterator[tuple[int, int]]:
    """Run `python -m MODULE PORT ARGUMENTS…` and tell it a line; yield its port and process once it answers.

    Raises TimeoutError.
    """
    with socket.create_server((LOOPBACK, 0)) as found:
        port: int = found.getsockname()[1]
    command = (sys.executable, "-m", module, str(port), *arguments)
    server = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    assert server.stdin is not None
    try:
        server.stdin.write(f"{told}\n".encode())
        await server.stdin.drain()
        async with asyncio.timeout(START_S):
            await _until_it_answers(port)
        yield port, server.pid
    finally:
        server.terminate()
        await server.wait()


async def _until_it_answers(port: int) -> None:
    for _ in itertools.count():
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
