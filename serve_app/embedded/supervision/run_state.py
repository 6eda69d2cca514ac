"""The state of the running product: every change is written to `run.json` and passed to a listener."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.run_file import PartStatus, RunFile


class Listener(Protocol):
    """Gets every change of the run file, and notes. Called on the supervisor's loop: must not block."""

    def changed(self, run: RunFile) -> None: ...

    def note(self, text: str) -> None: ...


class RunState:
    """Keeps `run` and its file current. A full disk does not stop the product: the file stays, and a note says so."""

    def __init__(self, data_dir: DataDir, listener: Listener, run: RunFile) -> None:
        self.run = run
        self._data_dir = data_dir
        self._listener = listener
        self._log = data_dir.log("supervisor")
        self._write()

    def update_part(self, status: PartStatus, **changes: Any) -> None:
        """Set the status of a part, and other fields of the run file with it."""
        before = next((part for part in self.run.parts if part.name == status.name), None)
        parts = tuple(status if part.name == status.name else part for part in self.run.parts)
        self.update(parts=parts, **changes)
        if before is None or (before.state, before.detail) != (status.state, status.detail):
            self._log_line(f"{status.name}: {status.state} {status.detail}".rstrip())

    def update(self, **changes: Any) -> None:
        """Set fields of the run file."""
        self.run = replace(self.run, **changes)
        self._write()
        self._listener.changed(self.run)

    def note(self, text: str) -> None:
        """Pass on a line that is no change of the run file."""
        self._log_line(text)
        self._listener.note(text)

    def _write(self) -> None:
        try:
            run_file.save(self._data_dir, self.run)
        except OSError as error:
            self._listener.note(f"cannot write {self._data_dir.run_file}: {error.strerror}")

    def _log_line(self, line: str) -> None:
        try:
            with self._log.open("a") as file:
                file.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {line}\n")
        except OSError:  # the disk is full, of which `_write` has sent a note
            return
