"""Graphs of one node that takes its time to stop, as one with a turn in flight does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

from serve_app.settings.app_args import AppArgs
from serve_app.settings.grace import AGENT_S

FINISHED = "finished"
FINISHES_AFTER_S = 12.0
"""Longer than `down` waits, shorter than the node declares."""


class Slow:
    """Answers every path; when it is to stop it writes a file after `seconds`."""

    def __init__(self, folder: str, seconds: float) -> None:
        self._folder, self._seconds = Path(folder), seconds

    async def __call__(self, request: Request) -> JSONResponse:
        return JSONResponse({"path": request.url.path})

    async def __del__(self) -> None:
        await asyncio.sleep(self._seconds)
        (self._folder / FINISHED).touch()


def finishing(args: AppArgs) -> serve.Application:
    """The node finishes within the time that it declares."""
    return _of(FINISHES_AFTER_S)


def hanging(args: AppArgs) -> serve.Application:
    """The node never finishes."""
    return _of(3600.0)


def _of(seconds: float) -> serve.Application:
    options: dict[str, Any] = {
        "name": "front",
        "ray_actor_options": {"num_cpus": 0.1},
        "graceful_shutdown_timeout_s": AGENT_S,
    }
    # The data directory: where the supervisor starts the process that deploys.
    return serve.deployment(**options)(Slow).bind(str(Path.cwd()), seconds)
