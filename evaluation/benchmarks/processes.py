"""The processes of one installation on this machine: found by what their command line says, and killed."""

from __future__ import annotations

import contextlib
import re
import signal

import psutil

REPLICA = "ray::ServeReplica:nightdesk:"
"""What the title of a node's replica begins with, before the node's name."""
KAFKA, POSTGRESQL = "kafka.Kafka", "bin/postgres"
"""What the commands of the embedded parts contain."""


def processes(data_dir: str, mark: str) -> list[psutil.Process]:
    """Return the processes of this installation, and of no other, whose command line contains `mark`."""
    return [process for process in psutil.process_iter() if _is_ours(process, data_dir, mark)]


def _is_ours(process: psutil.Process, data_dir: str, mark: str) -> bool:
    try:
        command = " ".join(process.cmdline())
        if mark not in command:
            return False
        told = process.environ().get("NIGHTDESK_DATA_DIR")
    except psutil.Error:
        return False
    # A directory whose name only begins or ends so is another installation's.
    named = re.search(rf"(?<![\w./-]){re.escape(data_dir)}(?![\w.-])", command) is not None
    return named if told is None else told == data_dir


def kill(data_dir: str, mark: str) -> int:
    """SIGKILL what `processes` finds and return how many there were."""
    found = processes(data_dir, mark)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    return len(found)
