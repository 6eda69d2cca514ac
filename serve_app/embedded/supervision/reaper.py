"""Reaps orphaned descendants: the supervisor adopts them, since the first process of a container may reap none."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Collection

import psutil

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Make this process a subreaper: descendants whose parent ends become its children. False except on Linux."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def reap_orphans(*, ours: Collection[int]) -> int:
    """Reap children that have ended (zombies); return how many. `ours`: the ids of children that our code waits for.

    Children in our own session are skipped as well: `subprocess.run` waits for them.
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
