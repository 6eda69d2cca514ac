"""Rotation of log files while their writers hold them open."""

from __future__ import annotations

import shutil
from pathlib import Path

MAX_BYTES = 10 * 1024**2
KEPT = 2


def rotate(log: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> bool:
    """Move the content of `log` to `log.1`, of that to `log.2` and so on (`kept` files), if it exceeds `max_bytes`.

    Returns whether it did. The file is copied and truncated, not renamed: the servers append to it (O_APPEND) and never
    reopen it. What they write between the two steps is lost.
    """
    if not log.exists() or log.stat().st_size <= max_bytes:
        return False
    for number in range(kept, 1, -1):
        older = log.with_name(f"{log.name}.{number - 1}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number}"))
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    with log.open("r+b") as file:
        file.truncate(0)
    return True
