"""The account that PostgreSQL runs as when we are root, which it refuses."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

from serve_app.embedded.base.errors import StartError

CANDIDATES = ("postgres", "nobody")


def server_account() -> pwd.struct_passwd | None:
    """The unprivileged account for servers that refuse root; None when we are not root.

    Raises StartError when root has neither of `CANDIDATES`.
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StartError(
        "PostgreSQL refuses to run as root and there is no user 'postgres' or 'nobody': add one (useradd -r postgres)."
    )


def can_reach(path: Path, account: pwd.struct_passwd | None) -> bool:
    """Whether `account` may enter the directory `path` or run the file, parents included, as the kernel decides."""
    if account is None:
        return os.access(path, os.X_OK)
    test = subprocess.run(["test", "-x", str(path)], cwd="/", check=False, **as_account(account))
    return test.returncode == 0


def as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """The keyword arguments by which `subprocess` runs a command as `account`; empty for None."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
