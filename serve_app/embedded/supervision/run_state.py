"""The state of the running product, written to `run.json` and told to whoever looks on at every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.run_file import PartStatus, RunFile


class Listener(Protocol):
    """Whoever watches the product come and go; called on the supervisor's loop, must not block."""

    def changed(self, run: RunFile) -> None: ...

    def note(self, text: str) -> None: ...


class RunState:
    """Keeps `run` current. A full disk does not stop the product: the file then stays as it was, and a note says so."""

    def __init__(self, data_dir: DataDir, listener: Listener, run: RunFile) -> None:
        self.run = run
        self._data_dir = data_dir
        self._listener = listener
        self._journal = data_dir.log("supervisor")
        self._write()

    def part(self, status: PartStatus, **changes: Any) -> None:
        """A part came into another state; with it other fields of the run file may change."""
        before = next((part for part in self.run.parts if part.name == status.name), None)
        parts = tuple(status if part.name == status.name else part for part in self.run.parts)
        self.set(parts=parts, **changes)
        if before is None or (before.state, before.detail) != (status.state, status.detail):
            _append(self._journal, f"{status.name}: {status.state} {status.detail}".rstrip())

    def set(self, **changes: Any) -> None:
        """Change fields of the run file."""
        self.run = replace(self.run, **changes)
        self._write()
        self._listener.changed(self.run)

    def note(self, text: str) -> None:
        """Say something that is no change of state."""
        _append(self._journal, text)
        self._listener.note(text)

    def _write(self) -> None:
        try:
            run_file.save(self._data_dir, self.run)
        except OSError as error:
            self._listener.note(f"cannot write {self._data_dir.run_file}: {error.strerror}")


def _append(journal: Path, line: str) -> None:
    try:
        with journal.open("a") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {line}\n")
    except OSError:  # the disk is full: the listener has been told by the run file's failure
        return
