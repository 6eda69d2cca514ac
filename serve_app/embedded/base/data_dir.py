"""The data directory: all files of one installation on this machine.

postgres/  kafka/     data of the servers                logs/     output of the processes, rotated
secrets/              passwords, keys and tokens (0600)  run/      records of the processes
ports.json            the ports, by name                 run.json  addresses and settings of the product (0600)
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import re
import secrets
import shutil
from pathlib import Path

from serve_app.embedded.base import ports
from serve_app.embedded.base.accounts import can_reach, server_account
from serve_app.embedded.base.errors import DataDirError
from serve_app.embedded.base.files import write_private

MIN_FREE_BYTES = 300 * 1024**2
ROOT_DEFAULT = Path("/var/lib/nightdesk")
SUBDIRECTORIES = ("logs", "run", "secrets")


def default_path(checkout: Path | None = None) -> Path:
    """The directory that belongs to `checkout` (default: the one of this code), so that two checkouts share no data.

    For root it is under /var/lib/nightdesk: the account that PostgreSQL runs as can't enter root's home.
    """
    home = (checkout or Path(__file__).parents[3]).resolve()
    if os.geteuid() == 0:
        digest = hashlib.sha256(str(home).encode()).hexdigest()[:6]
        return ROOT_DEFAULT / f"{re.sub(r'[^A-Za-z0-9]+', '-', str(home)).strip('-')[-60:]}-{digest}"
    if (home / "pyproject.toml").exists():
        return home / ".nightdesk"
    return Path.home() / ".local" / "share" / "nightdesk"


class DataDir:
    """Paths, secrets and ports of one installation. `prepare` creates the directory."""

    def __init__(self, path: Path, *, min_free_bytes: int = MIN_FREE_BYTES) -> None:
        self.path = path.expanduser().absolute()
        self.postgres = self.path / "postgres"
        self.kafka = self.path / "kafka"
        self.logs = self.path / "logs"
        self.run = self.path / "run"
        self.run_file = self.path / "run.json"
        self.lock_file = self.run / "supervisor.lock"
        self._min_free_bytes = min_free_bytes

    @property
    def key(self) -> str:
        """Eight hex digits derived from the path, for names that have to be short."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:8]

    @property
    def ray_home(self) -> Path:
        """Ray's directory: in /tmp, because the path of a Unix socket may have about 100 characters only."""
        return Path("/tmp") / f"nd-{self.key}"  # noqa: S108 - RayHead checks owner and mode

    def log(self, name: str) -> Path:
        """The path of a part's log."""
        return self.logs / f"{name}.log"

    def record(self, name: str) -> Path:
        """The path of a part's ProcessRecord."""
        return self.run / f"{name}.json"

    def prepare(self) -> None:
        """Create what is missing. Raises DataDirError when the directory can't be used or its disk is full."""
        try:
            self._check_reach(next(parent for parent in self.path.parents if parent.is_dir()))
            self._create()
        except PermissionError as error:
            raise DataDirError(f"cannot write to {error.filename}: choose another directory with --data-dir.") from None
        except OSError as error:
            raise DataDirError(
                f"cannot use {self.path}: {error.strerror}. Choose another directory with --data-dir."
            ) from None
        self._check_space()

    def _create(self) -> None:
        if not self.path.exists():
            self.path.mkdir(parents=True)
        self._check_owner()
        # 0711: PostgreSQL's account can enter its own directory below, and list nothing here.
        self.path.chmod(0o711)
        for name in SUBDIRECTORIES:
            (self.path / name).mkdir(exist_ok=True)
            (self.path / name).chmod(0o700)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    def _check_owner(self) -> None:
        owner = self.path.stat().st_uid
        if owner != os.geteuid():
            name = _account_name(owner)
            raise DataDirError(
                f"{self.path} belongs to user {name}: run as {name}, or choose another directory with --data-dir."
            )

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < self._min_free_bytes:
            need = self._min_free_bytes // 1024**2
            raise DataDirError(
                f"the disk of {self.path} is full: {free // 1024**2} MB free, at least {need} MB needed. "
                "Make room, or choose another disk with --data-dir."
            )

    def _check_reach(self, parent: Path) -> None:
        """Raise when PostgreSQL's account can't enter `parent`, whose mode is not ours to change."""
        account = server_account()
        if account is not None and not can_reach(parent, account):
            raise DataDirError(
                f"PostgreSQL runs as user {account.pw_name}, who cannot enter {self.path}: "
                "choose a directory outside closed homes with --data-dir."
            )

    def secret(self, name: str) -> str:
        """The secret called `name`: 43 URL-safe characters, generated at the first call and stored (0600)."""
        return self.secret_file(name).read_text()

    def secret_file(self, name: str) -> Path:
        """The file that contains `secret(name)`, without a newline."""
        path = self.path / "secrets" / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path

    def port(self, name: str) -> int:
        """The port called `name`: the one stored at the first call, or a new one when another program has taken it."""
        kept = self._ports()
        if name not in kept or not ports.is_free(kept[name]):
            kept[name] = ports.pick_free(taken=kept.values())
            write_private(self.path / "ports.json", json.dumps(kept, indent=1))
        return kept[name]

    def _ports(self) -> dict[str, int]:
        try:
            kept = json.loads((self.path / "ports.json").read_text())
        except (OSError, ValueError):
            return {}
        return {str(name): int(port) for name, port in kept.items()}


def _account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
