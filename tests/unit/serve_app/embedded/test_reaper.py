"""Orphaned processes of the parts are adopted and reaped."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os, subprocess, time
import psutil
from serve_app.embedded.supervision.reaper import adopt_orphans, reap_orphans

assert adopt_orphans()
leader = subprocess.Popen(["sh", "-c", "sleep 0.3 & echo $!"], start_new_session=True, stdout=subprocess.PIPE)
orphan = int(leader.stdout.readline())
leader.wait()
ours = subprocess.Popen(["true"], start_new_session=True)
short = subprocess.Popen(["true"])
deadline = time.monotonic() + 120
while psutil.Process(orphan).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
    time.sleep(0.05)
assert psutil.Process(orphan).ppid() == os.getpid()
assert psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE
assert reap_orphans(ours=[ours.pid]) == 1
assert not psutil.pid_exists(orphan)
assert ours.wait() == 0 and short.wait() == 0
"""


def test_an_orphan_is_adopted_and_reaped() -> None:
    """In a process of its own: adopting cannot be undone."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
