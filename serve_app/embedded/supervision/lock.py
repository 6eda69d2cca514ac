"""The lock by which a data directory has one supervisor at most."""

from __future__ import annotations

import fcntl
from types import TracebackType
from typing import IO, Self

from serve_app.embedded.base.data_dir import DataDir


class SupervisorBusyError(Exception):
    """Another supervisor holds the lock: the caller waits for its product, or tries again once it has ended."""


class SupervisorLock:
    """The lock, as a context manager; raises SupervisorBusyError. The kernel releases it when the process ends."""

    def __init__(self, data_dir: DataDir) -> None:
        self._path = data_dir.lock_file
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise SupervisorBusyError(str(self._path)) from None
        self._file = file
        return self

    def is_held(self) -> bool:
        """Whether another process holds it, one in another container too."""
        try:
            with self:
                return False
        except SupervisorBusyError:
            return True

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
