"""Runs migrations and the sync of the knowledge base in a child process, which keeps models out of the supervisor."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.processes import PartProcess
from serve_app.embedded.base.start_options import ALONE


class Preparation:
    """One run of `python -m serve_app.embedded.children.prepare`."""

    name = "prepare"

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._process = PartProcess(self.name, record_path=data_dir.record(self.name), log=data_dir.log(self.name))

    def run(self, environment: Mapping[str, str], *, alone: bool) -> None:
        """Block until the database is prepared; `alone` when only this product uses it, of which nothing runs yet.

        Raises StartError with the last line of its output.
        """
        self.stop()
        command = [sys.executable, "-m", "serve_app.embedded.children.prepare", *([ALONE] if alone else [])]
        self._process.spawn(command, env=environment, cwd=self._data_dir.path)
        if self._process.wait() != 0:
            lines = self._process.log.read_text(errors="replace")[-4000:].strip().splitlines() or ["no output"]
            raise StartError(f"{lines[-1].removeprefix('error: ')} (see {self._process.log})")

    def stop(self, *, grace: float = 1.0) -> bool:
        """End a run that has not finished. True when there was one."""
        return self._process.stop(grace=grace)
