"""The embedded Ray head: control store, raylet and dashboard, on loopback, with token authentication."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from serve_app.embedded.base import ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.processes import POLL_SECONDS, PartProcess

START_SECONDS = 180.0
OBJECT_STORE_BYTES = 200_000_000
DASHBOARD_PORT = 8265
METRICS_PORT = 8266
"""Where Prometheus finds the figures, on loopback: another one when it is taken."""
OLD_SESSIONS_KEPT = 1


class RayHead:
    """One `ray start --head --block`, which exits when any process of Ray's own dies.

    `environment` is that of Ray's processes and all workers. `dashboard_port` None: `DASHBOARD_PORT`, or a free port
    when that is taken. Every method may be called again.
    """

    name = "ray"

    def __init__(self, data_dir: DataDir, *, environment: Mapping[str, str], dashboard_port: int | None = None) -> None:
        self._data_dir = data_dir
        self._environment = environment
        self._wanted_dashboard_port = dashboard_port
        self._home = data_dir.ray_home
        self._process = PartProcess(self.name, record_path=data_dir.record(self.name), log=data_dir.log(self.name))
        self.port = 0
        self.dashboard_port = 0
        self.metrics_port = 0

    @property
    def pid(self) -> int | None:
        """The process id of `ray start` while it lives."""
        return self._process.pid

    @property
    def address(self) -> str:
        """The address for `ray.init`. Valid after the first `start`."""
        return f"{ports.LOOPBACK}:{self.port}"

    @property
    def dashboard_url(self) -> str:
        """The dashboard's address; it asks for the token. Valid after the first `start`."""
        return f"http://{ports.LOOPBACK}:{self.dashboard_port}"

    def start(self) -> None:
        """Stop an earlier head, start one, wait until drivers can connect. Raises StartError, which names the log."""
        self.stop()
        self._make_home()
        self._choose_ports()
        self._process.spawn(self._command(), env=self._environment, cwd=self._data_dir.path)
        self._wait_until_started()
        self._link_logs()

    def stop(self, *, grace: float = 1.0) -> bool:
        """End Ray with all workers. True when anything of it ran."""
        ran = self._process.stop(grace=grace)
        return self._kill_orphans() or ran

    def retire(self) -> None:
        """Forbid every further start, also one that has begun in another thread."""
        self._process.retire()

    def is_alive(self) -> bool:
        """Whether the head runs."""
        return self._process.is_alive()

    @property
    def _temp_dir(self) -> Path:
        return self._home / "ray"

    @property
    def _address_file(self) -> Path:
        """`ray start` writes it last, when everything is up."""
        return self._temp_dir / "ray_current_cluster"

    def _make_home(self) -> None:
        """Make the directory in /tmp, refuse one of another user, and remove old sessions."""
        self._home.mkdir(mode=0o700, exist_ok=True)
        found = self._home.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise StartError(
                f"{self._home} belongs to somebody else: remove it, or choose another directory with --data-dir."
            )
        self._home.chmod(0o700)
        self._address_file.unlink(missing_ok=True)
        sessions = sorted(path for path in self._temp_dir.glob("session_2*") if path.is_dir())
        for old in sessions[: max(0, len(sessions) - OLD_SESSIONS_KEPT)]:
            shutil.rmtree(old, ignore_errors=True)

    def _choose_ports(self) -> None:
        self.port = self._data_dir.port("ray")
        if self._wanted_dashboard_port is not None:
            self.dashboard_port = self._wanted_dashboard_port
        else:
            self.dashboard_port = (
                DASHBOARD_PORT if ports.is_free(DASHBOARD_PORT) else self._data_dir.port("ray_dashboard")
            )
        self.metrics_port = METRICS_PORT if ports.is_free(METRICS_PORT) else self._data_dir.port("ray_metrics")

    def _command(self) -> list[str]:
        options = {
            "node-ip-address": ports.LOOPBACK,
            "port": self.port,
            "temp-dir": self._temp_dir,
            "object-store-memory": OBJECT_STORE_BYTES,
            "include-dashboard": "true",
            "dashboard-host": ports.LOOPBACK,
            "dashboard-port": self.dashboard_port,
            "dashboard-agent-listen-port": self._data_dir.port("ray_agent"),
            "include-log-monitor": "false",
            "metrics-export-port": self.metrics_port,
        }
        start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"]
        return [
            *start,
            "--no-monitor",
            "--disable-usage-stats",
            *(f"--{name}={value}" for name, value in options.items()),
        ]

    def _wait_until_started(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._address_file.exists():
            if not self._process.is_alive():
                raise StartError(f"Ray ended while starting: see {self._process.log}")
            if time.monotonic() > deadline:
                raise StartError(f"Ray is not up after {START_SECONDS:.0f} s: see {self._process.log}")
            time.sleep(POLL_SECONDS)

    def _link_logs(self) -> None:
        """Link the logs of Serve and its nodes into the directory of logs."""
        link = self._data_dir.logs / "ray"
        with contextlib.suppress(OSError):
            link.unlink(missing_ok=True)
            link.symlink_to(self._temp_dir / "session_latest" / "logs")

    def _kill_orphans(self) -> bool:
        """Kill processes of Ray that left the session of the head: they have our directory in their arguments."""
        orphans = [process for process in psutil.process_iter() if _mentions(process, f"{self._temp_dir}/")]
        for process in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(orphans, timeout=5)
        return bool(orphans)


def _mentions(process: psutil.Process, text: str) -> bool:
    """Whether this is a program of Ray, not for instance an editor of its logs, with `text` in an argument. HAProxy's
    file is its fourth."""
    try:
        arguments = process.cmdline()
    except psutil.Error:
        return False
    return any(text in argument for argument in arguments) and any("/ray/" in argument for argument in arguments[:4])
