"""Waiting for a product that another process starts."""

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
LONGEST_SECONDS = 600.0  # more than the parts' own limits together: they fail first and say why


def follow_until_ready(
    data_dir: DataDir, listener: Listener, *, still_coming: Callable[[], bool], longest: float = LONGEST_SECONDS
) -> RunFile | None:
    """Show the start to `listener` until every part is up and the product takes work.

    None when nobody supervises any more and `still_coming` says that nobody will. Raises StartError after `longest`
    seconds.
    """
    deadline = time.monotonic() + longest
    while time.monotonic() < deadline:
        coming = still_coming()
        run = run_file.read(data_dir)
        if run is not None and run.supervisor.is_alive():
            listener.changed(run)
            if run.state == "up" and answers_200(f"{run.url}/health/ready"):
                return run
        elif not coming:
            return None
        time.sleep(LOOK_SECONDS)
    raise StartError(f"not healthy after {longest:.0f} s: see `nightdesk status` and the logs in {data_dir.logs}.")
