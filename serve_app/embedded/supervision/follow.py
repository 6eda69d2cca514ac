"""Waits until a product that another process starts is ready, and shows its progress."""

from __future__ import annotations

import time
from collections.abc import Callable

from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.http_probe import answers_200
from serve_app.embedded.base.run_file import RunFile
from serve_app.embedded.supervision.run_state import Listener

LOOK_SECONDS = 0.2
UNSEEN_SECONDS = 120.0  # a busy machine imports for a while before the run file is there
LONGEST_SECONDS = 600.0  # exceeds the time limits of the parts together: they fail first, with a reason


def follow_until_ready(
    data_dir: DataDir,
    listener: Listener,
    *,
    starting: Callable[[], bool],
    timeout: float = LONGEST_SECONDS,
    unseen: float = UNSEEN_SECONDS,
) -> RunFile | None:
    """Poll the run file, show it to `listener`, and return it once every part is up and /health/ready answers 200.

    Returns None when no supervisor runs and `starting` says that none is being started either. Raises StartError after
    `timeout` seconds, or when one should be there and has not been seen for `unseen` seconds.
    """
    deadline = time.monotonic() + timeout
    seen_until = time.monotonic() + unseen
    while time.monotonic() < deadline:
        is_starting = starting()  # before the read, which finds the product that let the other process end
        run = run_file.read(data_dir)
        if run is not None and run.supervisor.is_alive():
            seen_until = time.monotonic() + unseen
            listener.changed(run)
            if run.state == "up" and answers_200(f"{run.url}/health/ready"):
                return run
        elif not is_starting:
            return None
        elif time.monotonic() > seen_until:
            raise StartError(f"{data_dir.path} is in use by a process that is not seen from here: end it there.")
        time.sleep(LOOK_SECONDS)
    raise StartError(f"not healthy after {timeout:.0f} s: see `nightdesk status` and the logs in {data_dir.logs}.")
