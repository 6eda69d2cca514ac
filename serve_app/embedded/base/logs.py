"""Logs that stay small."""

from __future__ import annotations

import shutil
from pathlib import Path

MAX_BYTES = 10 * 1024**2
KEPT = 2


def rotate(log: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> bool:
    """Move what `log` holds to `log.1` (and so on, `kept` files) once it is larger than `max_bytes`. True when it was.

    The file is copied and emptied, not renamed: servers write to it with O_APPEND and never reopen it. What is written
    in the instant between the two is lost.
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
