"""Orphans of our parts come to us and are reaped, also where the first process of a container reaps nobody."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Collection

import psutil

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Make this process the parent of descendants whose own parent ends. False where the kernel has no such thing."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def reap_orphans(*, ours: Collection[int]) -> int:
    """Reap ended children that nobody waits for; returns how many. `ours` are the ids that our own code waits for.

    Children in our own session are short commands that `subprocess.run` waits for: they are left alone too.
    """
    reaped = 0
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error, OSError):
            if (
                child.pid not in ours
                and child.status() == psutil.STATUS_ZOMBIE
                and os.getsid(child.pid) != os.getsid(0)
            ):
                reaped += os.waitpid(child.pid, os.WNOHANG)[0] == child.pid
    return reaped
