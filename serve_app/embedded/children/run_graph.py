"""Puts the graph on a running Ray and stays with it: `python -m serve_app.embedded.children.run_graph`.

Killed and started again it finds the graph running and only watches; SIGTERM drains the graph and ends.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import ray
from ray import serve
from ray.serve.config import HTTPOptions
from ray.serve.schema import ApplicationStatus

from serve_app.settings.app_args import AppArgs, app_args
from serve_app.settings.environment import SettingsError, load_settings

APPLICATION = "nightdesk"
WATCH_SECONDS = 2.0
LOOK_SECONDS = 0.05
GIVE_UP_SECONDS = (
    90.0  # a replica that dies is replaced in 6 to 11 s; a deployment that fails this long won't mend itself
)
HEALTHY = (ApplicationStatus.RUNNING, ApplicationStatus.DEPLOYING)


class GraphFailedError(Exception):
    """The graph stayed unhealthy: the process ends and the supervisor deploys it anew."""


def main(arguments: list[str] | None = None) -> None:
    """Deploy and watch until SIGTERM (exit 0). One line `error: …` and exit 1 when that fails."""
    options = _parse(arguments)
    stopping = _Stopping()
    try:
        builder = load(options.graph)
        places = wait_for_places(options.places_file)
        address = places.pop("ray")
        args = app_args(load_settings(**places), port=options.port, embedded=True)
        ray.init(address=address, namespace=APPLICATION, log_to_driver=False, logging_level=logging.WARNING)
        stopping.drain_first = True
        deploy(args, builder, host=options.host, port=options.port)
        options.watching_file.touch()
        watch(until=lambda: stopping.asked)
    except (SettingsError, GraphFailedError) as error:
        sys.exit(f"error: {error}")
    serve.shutdown()  # type: ignore[no-untyped-call]


def load(name: str) -> Callable[[AppArgs], serve.Application]:
    """The builder called `package.module:function`."""
    module, _, function = name.partition(":")
    builder: Callable[[AppArgs], serve.Application] = getattr(importlib.import_module(module), function)
    return builder


def wait_for_places(file: Path) -> dict[str, str]:
    """What the supervisor says once Ray and the database are there: `ray`, and settings by their names."""
    while not file.exists():
        time.sleep(LOOK_SECONDS)
    places: dict[str, str] = json.loads(file.read_text())
    return places


def deploy(args: AppArgs, builder: Callable[[AppArgs], serve.Application], *, host: str, port: int) -> None:
    """Run the graph at the root of `host:port`, unless it runs already."""
    serve.start(http_options=HTTPOptions(host=host, port=port))
    if _status() is not ApplicationStatus.RUNNING:
        serve.run(builder(args), name=APPLICATION, route_prefix="/", blocking=False)


def watch(*, until: Callable[[], bool]) -> None:
    """Look at the graph until `until()`. Raises GraphFailedError when it stays unhealthy."""
    healthy_at = time.monotonic()
    while not until():
        if _status() in HEALTHY:
            healthy_at = time.monotonic()
        elif time.monotonic() - healthy_at > GIVE_UP_SECONDS:
            raise GraphFailedError(f"the graph is {_status()} for {GIVE_UP_SECONDS:.0f} s")
        time.sleep(WATCH_SECONDS)


def _status() -> ApplicationStatus:
    application = serve.status().applications.get(APPLICATION)
    return application.status if application else ApplicationStatus.NOT_STARTED


class _Stopping:
    """Remembers that somebody asked us to stop. Before there is something to drain, we just end."""

    def __init__(self) -> None:
        self.asked = False
        self.drain_first = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        if not self.drain_first:
            sys.exit(0)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="serve_app.embedded.children.run_graph", description=__doc__)
    parser.add_argument("--data-dir", required=True, help="the data directory of the running product")
    parser.add_argument("--watching-file", required=True, type=Path, help="made once the graph is deployed and watched")
    parser.add_argument("--places-file", required=True, type=Path, help="made once there is something to deploy on")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--graph", default="serve_app.app:graph", help="builder of the application, module:function")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
