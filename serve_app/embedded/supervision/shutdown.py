"""Stops the product from another process (`nightdesk down`)."""

from __future__ import annotations

import os
import signal
import time

from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import NotRunningError
from serve_app.embedded.base.processes import ProcessRecord
from serve_app.embedded.supervision.orphans import stop_leftovers

DRAIN_SECONDS = 7.0  # then what is in flight is cut; the next start hands it back
SUPERVISOR_SECONDS = 13.0  # with LEFTOVER_GRACE below 15 s
LEFTOVER_GRACE = 1.0


def stop_product(data_dir: DataDir) -> list[str]:
    """Stop the supervisor, which stops its parts, then parts that have none; return the names of what ran.

    Raises NotRunningError when nothing ran.
    """
    try:
        run = run_file.read(data_dir)
        stopped: list[str] = []
        if run is not None and run.supervisor.is_alive():
            stopped = [part.name for part in run.parts if part.pid] + ["supervisor"]
            _stop_supervisor(run.supervisor)
        if data_dir.run.exists():
            stopped = [*stop_leftovers(data_dir, grace=LEFTOVER_GRACE), *stopped]
    except PermissionError as error:
        raise NotRunningError(f"{error.filename or data_dir.path} belongs to another user: run as that user.") from None
    data_dir.run_file.unlink(missing_ok=True)
    if not stopped:
        raise NotRunningError(f"nothing runs on {data_dir.path}.")
    return list(dict.fromkeys(stopped))


def _stop_supervisor(supervisor: ProcessRecord) -> None:
    """Ask it to stop; later to wait no longer for what is in flight; at last kill it."""
    began = time.monotonic()
    for until in (DRAIN_SECONDS, SUPERVISOR_SECONDS):
        if supervisor.is_alive():
            os.kill(supervisor.pid, signal.SIGTERM)
        while supervisor.is_alive() and time.monotonic() - began < until:
            time.sleep(0.1)
    if supervisor.is_alive():
        os.kill(supervisor.pid, signal.SIGKILL)
