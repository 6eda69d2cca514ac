"""Starting the processes of the parts, finding them again, and stopping exactly those.

Each part leads a session of its own and is recorded on disk with its start time, so that another shell, or the next
supervisor after a `kill -9`, finds it; a process that has got the same id since is never touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from serve_app.embedded.base.accounts import as_account
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.files import write_private

POLL_SECONDS = 0.05
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRecord:
    """One started process. `identity` differs for a later process with the same id, after a reboot too."""

    name: str
    pid: int
    identity: str

    def is_alive(self) -> bool:
        """Whether this process runs; False for a zombie and for another process with its id."""
        return identity_of(self.pid) == self.identity


def identity_of(pid: int) -> str | None:
    """Boot id and start time of the process `pid`, which no other with that id shares; None if none runs."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        if not BOOT_ID.exists():
            return f"{process.create_time():.2f}"
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (psutil.Error, OSError):
        return None
    start_ticks = fields[19]
    return f"{BOOT_ID.read_text().strip()}:{start_ticks}"


class PartProcess:
    """The process of one part with the session that it leads.

    Its ProcessRecord is stored at `record_path`, its output in `log`. One thread may stop what another is starting.
    """

    def __init__(self, name: str, *, record_path: Path, log: Path) -> None:
        self.name = name
        self.log = log
        self._record_path = record_path
        self._child: subprocess.Popen[bytes] | None = None
        self._spawning = threading.Lock()
        self._retired = False

    @property
    def pid(self) -> int | None:
        """The id of the living process, else None."""
        record = self.record()
        return record.pid if record and self.is_alive() else None

    def spawn(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path,
        account: pwd.struct_passwd | None = None,
    ) -> None:
        """Start `command` in a session of its own; call `stop` first, for an earlier start. Raises StartError after
        `retire`.
        """
        with self._spawning, self.log.open("ab") as log:
            if self._retired:
                raise StartError(f"{self.name} is being stopped")
            child = subprocess.Popen(
                [str(argument) for argument in command],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **as_account(account),
            )
            self._child = child
            record = ProcessRecord(name=self.name, pid=child.pid, identity=identity_of(child.pid) or "gone")
            write_private(self._record_path, json.dumps(asdict(record)))

    def retire(self) -> None:
        """Make every further `spawn` fail, so that a thread which is just starting the part can't undo a stop."""
        with self._spawning:
            self._retired = True

    def is_alive(self) -> bool:
        """Whether the leader of the session runs."""
        if self._child is not None and self._child.poll() is not None:
            return False
        record = self.record()
        return record is not None and record.is_alive()

    def wait(self) -> int:
        """Block until the process that `spawn` started has ended; its exit code (negative: minus the signal)."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started here")
        return self._child.wait()

    def record(self) -> ProcessRecord | None:
        """The record of the last start, by this or an earlier supervisor."""
        return read_record(self._record_path)

    def stop(self, *, ask: signal.Signals = signal.SIGTERM, grace: float = 5.0) -> bool:
        """Send `ask` to the leader, wait `grace` seconds for the session to end, kill the rest. True if any ran."""
        record = self.record()
        if record is None:
            return False
        ran = bool(session_of(record))
        if record.is_alive():
            _signal(record.pid, ask)
            self._wait_until_gone(record, grace)
        while members := session_of(record):
            for pid in members:
                _signal(pid, signal.SIGKILL)
            self._wait_until_gone(record, 1.0)
        if self._child is not None:
            self._child.wait()
            self._child = None
        self._record_path.unlink(missing_ok=True)
        return ran

    def cut(self) -> None:
        """Kill the session at once; a `stop` that waits for it returns."""
        record = self.record()
        for pid in session_of(record) if record else ():
            _signal(pid, signal.SIGKILL)

    def _wait_until_gone(self, record: ProcessRecord, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while session_of(record) and time.monotonic() < deadline:
            if self._child is not None:
                self._child.poll()
            time.sleep(POLL_SECONDS)


def read_record(path: Path) -> ProcessRecord | None:
    """The record stored at `path`; None when there is none, or it can't be read."""
    try:
        return ProcessRecord(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def session_of(record: ProcessRecord) -> list[int]:
    """The ids of the running processes in the session that `record` leads or led, the leader included.

    While a session has members the kernel gives its id to no other process: if another process has it, the session is
    empty.
    """
    leader = identity_of(record.pid)
    if leader is not None and leader != record.identity:
        return []
    return [pid for pid in _pids_of_session(record.pid) if _not_older(pid, record)]


def _pids_of_session(session: int) -> Iterator[int]:
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == session and identity_of(pid) is not None:
                yield pid
        except OSError:
            continue


def _not_older(pid: int, record: ProcessRecord) -> bool:
    identity = identity_of(pid)
    if identity is None:
        return False
    boot, _, ticks = identity.rpartition(":")
    leader_boot, _, leader_ticks = record.identity.rpartition(":")
    return boot == leader_boot and float(ticks) >= float(leader_ticks or 0)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
