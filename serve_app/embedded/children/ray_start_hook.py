"""The hook that `ray start` calls (RAY_START_HOOK)."""

from __future__ import annotations

from typing import Protocol


class StartParameters(Protocol):
    """The one of Ray's start parameters that the hook sets."""

    ray_client_server_port: int | None


def without_client_server(parameters: StartParameters, _is_head: bool) -> None:
    """Start no Ray Client server, which would cost a process and a port: no driver connects from another machine.

    The command line has no option for that: without a port it takes 10001, and it refuses 0.
    """
    parameters.ray_client_server_port = None
