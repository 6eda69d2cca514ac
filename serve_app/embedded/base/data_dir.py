"""The data directory: everything that one installation keeps on this machine.

postgres/  kafka/     what the servers store             logs/   what they print, bounded
secrets/              passwords, keys and tokens (0600)  run/    which processes were started
ports.json            ports once chosen, kept            run.json  where the product is found and how it decides (0600)
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
ROOTS_DEFAULT = Path("/var/lib/nightdesk")
SUBDIRECTORIES = ("logs", "run", "secrets")


def default_path(checkout: Path | None = None) -> Path:
    """The directory that belongs to `checkout` (default: the one this code lies in), so two checkouts never share data.

    As root it lies under /var/lib/nightdesk, because root's home is closed to the account that PostgreSQL runs as.
    """
    home = (checkout or Path(__file__).parents[3]).resolve()
    if os.geteuid() == 0:
        digest = hashlib.sha256(str(home).encode()).hexdigest()[:6]
        return ROOTS_DEFAULT / f"{re.sub(r'[^A-Za-z0-9]+', '-', str(home)).strip('-')[-60:]}-{digest}"
    if (home / "pyproject.toml").exists():
        return home / ".nightdesk"
    return Path.home() / ".local" / "share" / "nightdesk"


class DataDir:
    """Paths, secrets and ports of one installation. Nothing is touched before `prepare`."""

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
        """Eight hex digits that stand for this directory where a path would be too long."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:8]

    @property
    def ray_home(self) -> Path:
        """Where Ray keeps its files: Unix sockets allow about 100 characters, so not in the data directory itself."""
        return Path("/tmp") / f"nd-{self.key}"  # noqa: S108 - Ray's part checks owner and mode

    def log(self, name: str) -> Path:
        """The log of one part."""
        return self.logs / f"{name}.log"

    def record(self, name: str) -> Path:
        """Where the process of one part is remembered."""
        return self.run / f"{name}.json"

    def prepare(self) -> None:
        """Create what is missing. Raises DataDirError, in one line, when the directory cannot hold an installation."""
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
        # 0711: the account of PostgreSQL passes through to its own directory and sees no other.
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
        """Ours is made so that PostgreSQL's account may pass; what it lies in is not ours to change."""
        account = server_account()
        if account is not None and not can_reach(parent, account):
            raise DataDirError(
                f"PostgreSQL runs as user {account.pw_name}, who cannot enter {self.path}: "
                "choose a directory outside closed homes with --data-dir."
            )

    def secret(self, name: str) -> str:
        """The secret called `name`, 43 URL-safe characters, made up at the first call and kept (0600)."""
        path = self.secret_file(name)
        return path.read_text()

    def secret_file(self, name: str) -> Path:
        """The file that holds `secret(name)`, without a line end."""
        path = self.path / "secrets" / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path

    def port(self, name: str) -> int:
        """The port called `name`: the one chosen first, or another free one where a stranger has taken it since."""
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
