"""Deploys the graph on a running Ray and watches it: `python -m serve_app.embedded.children.run_graph`.

After a kill and a restart it finds the graph deployed and only watches; SIGTERM drains the graph, then it exits.
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
from serve_app.settings.settings import SettingsError, load_settings
from serve_app.telemetry import serve_logging

APPLICATION = "nightdesk"
CONTROLLER = "SERVE_CONTROLLER_ACTOR"
WATCH_SECONDS = 2.0
POLL_SECONDS = 0.05
# Serve replaces a dead replica in 6 to 11 s; a deployment that is unhealthy for longer does not recover by itself.
GIVE_UP_SECONDS = 90.0
HEALTHY = (ApplicationStatus.RUNNING, ApplicationStatus.DEPLOYING)


class GraphFailedError(Exception):
    """The graph stayed unhealthy: the process exits and the supervisor deploys it again."""


def main(arguments: list[str] | None = None) -> None:
    """Deploy and watch until SIGTERM (exit 0). When that fails the last line is `error: …` and the exit code 1."""
    options = _parse(arguments)
    stopping = _Stopping()
    try:
        builder = load(options.graph)
        endpoints = wait_for_endpoints(options.endpoints_file)
        address = endpoints.pop("ray")
        args = app_args(load_settings(**endpoints), port=options.port, embedded=True)
        ray.init(address=address, namespace=APPLICATION, log_to_driver=False, logging_level=logging.WARNING)
        stopping.drain_first()
        deploy(args, builder, host=options.host, port=options.port)
        options.watching_file.touch()
        watch(until=lambda: stopping.requested)
    except (SettingsError, GraphFailedError) as error:
        sys.exit(f"error: {error}")
    drain()


def load(name: str) -> Callable[[AppArgs], serve.Application]:
    """Import the builder `package.module:function`."""
    module, _, function = name.partition(":")
    builder: Callable[[AppArgs], serve.Application] = getattr(importlib.import_module(module), function)
    return builder


def wait_for_endpoints(file: Path) -> dict[str, str]:
    """Block until the supervisor has written `Endpoints.as_json` to `file`; return it."""
    while not file.exists():
        time.sleep(POLL_SECONDS)
    endpoints: dict[str, str] = json.loads(file.read_text())
    return endpoints


def deploy(args: AppArgs, builder: Callable[[AppArgs], serve.Application], *, host: str, port: int) -> None:
    """Run the graph at the root of `host:port`, unless it is running."""
    logs = serve_logging(args.log_level)
    serve.start(http_options=HTTPOptions(host=host, port=port), logging_config=logs)
    if _status() is not ApplicationStatus.RUNNING:
        serve.run(builder(args), name=APPLICATION, route_prefix="/", blocking=False, logging_config=logs)


def watch(*, until: Callable[[], bool]) -> None:
    """Poll the graph's status until `until()`. Raises GraphFailedError after `GIVE_UP_SECONDS` of bad health."""
    healthy_at = time.monotonic()
    while not until():
        if _status() in HEALTHY:
            healthy_at = time.monotonic()
        elif time.monotonic() - healthy_at > GIVE_UP_SECONDS:
            raise GraphFailedError(f"the graph is {_status()} for {GIVE_UP_SECONDS:.0f} s")
        time.sleep(WATCH_SECONDS)


def drain() -> None:
    """Stop the graph and wait until every node has finished. Who does not want to wait that long kills this process."""
    serve.shutdown()  # type: ignore[no-untyped-call]
    # It gives up after 30 s, and the controller goes on until the last node has ended or its time is over.
    while _controller_lives():
        time.sleep(POLL_SECONDS)


def _controller_lives() -> bool:
    try:
        ray.get_actor(CONTROLLER, namespace="serve")
    except ValueError:
        return False
    return True


def _status() -> ApplicationStatus:
    application = serve.status().applications.get(APPLICATION)
    return application.status if application else ApplicationStatus.NOT_STARTED


class _Stopping:
    """Handles SIGTERM: exits at once, since nothing is deployed yet, and after `drain_first` only sets `requested`."""

    def __init__(self) -> None:
        self.requested = False
        self._drains = False
        self._listen()

    def drain_first(self) -> None:
        """To be called once Ray is connected, which replaces our handler by one that ends the process at once."""
        self._drains = True
        self._listen()

    def _listen(self) -> None:
        signal.signal(signal.SIGTERM, self._handle)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        if not self._drains:
            sys.exit(0)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="serve_app.embedded.children.run_graph", description=__doc__)
    parser.add_argument("--data-dir", required=True, help="the data directory of the running product")
    parser.add_argument("--watching-file", required=True, type=Path, help="made once the graph is deployed and watched")
    parser.add_argument("--endpoints-file", required=True, type=Path, help="made once Ray and the database run")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--graph", required=True, help="builder of the application, module:function")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
