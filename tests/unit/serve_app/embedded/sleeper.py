"""A part that is one real process, for tests of what keeps parts running."""

from __future__ import annotations

import os
from pathlib import Path

from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.processes import PartProcess


class Sleeper:
    """`sleep 600`, or a start that fails while `fails` is set."""

    name = "sleeper"
    port = 0

    def __init__(self, directory: Path) -> None:
        self.fails = False
        self.starts = 0
        self._directory = directory
        self._process = PartProcess(self.name, record_path=directory / "sleeper.json", log=directory / "sleeper.log")

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def start(self) -> None:
        self.starts += 1
        if self.fails:
            raise StartError("it does not want to")
        self._process.spawn(["sleep", "600"], env={"PATH": os.defpath}, cwd=self._directory)

    def stop(self, *, grace: float = 1.0) -> bool:
        return self._process.stop(grace=grace)

    def retire(self) -> None:
        self._process.retire()

    def is_alive(self) -> bool:
        return self._process.is_alive()
