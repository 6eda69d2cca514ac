"""Ray's own hook into `ray start` (named by RAY_START_HOOK)."""

from __future__ import annotations

from typing import Protocol


class StartParameters(Protocol):
    """The part of Ray's parameters that is touched here."""

    ray_client_server_port: int | None


def without_client_server(parameters: StartParameters, _is_head: bool) -> None:
    """Start no Ray Client server: nobody drives this Ray from outside, and it would cost a process and a port.

    The command line cannot say so: it takes a missing port for 10001 and refuses 0.
    """
    parameters.ray_client_server_port = None
