"""Ports on loopback, chosen below the kernel's range of ephemeral ports.

A port of that range could be given to a client's connection while its server is being restarted.
"""

from __future__ import annotations

import errno
import random
import socket
import time
from collections.abc import Collection

from serve_app.embedded.base.errors import StartError

LOOPBACK = "127.0.0.1"
RANGE = range(20_000, 32_000)
POLL_SECONDS = 0.05


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on `host:port` now; connections in TIME_WAIT don't count (SO_REUSEADDR)."""
    try:
        _bind(port, host)
    except OSError:
        return False
    return True


def require_free(port: int, host: str, *, option: str = "--port", timeout: float = 0.0) -> None:
    """Raise StartError unless a server could listen on `host:port`; the message names `option` to choose another port.

    `timeout` seconds are granted to a server that was just killed: the kernel closes its sockets when its last thread
    has ended, a moment after the process became a zombie.
    """
    deadline = time.monotonic() + timeout
    while not is_free(port, host) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    try:
        _bind(port, host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"port {port} is in use by another program: stop it, or choose another with {option}."
            ) from None
        if error.errno == errno.EACCES:
            raise StartError(f"port {port} is reserved for root: choose one above 1023 with {option}.") from None
        raise StartError(f"HTTP_HOST {host!r} is not an address of this machine ({error.strerror}).") from None


def answers(port: int, host: str = LOOPBACK, timeout: float = 0.5) -> bool:
    """Whether something accepts connections on `host:port`."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False


def pick_free(taken: Collection[int] = ()) -> int:
    """A free port of `RANGE` that is not in `taken`. Raises OSError when a thousand tries found none."""
    for _ in range(1000):
        port = random.choice(RANGE)  # noqa: S311 - no secret
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port on {LOOPBACK} between {RANGE.start} and {RANGE.stop}")


def _bind(port: int, host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
