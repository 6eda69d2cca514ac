"""S7: nodes get the time that they declare when `up` stops, and what `down` cuts is handed back at the next start."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from serve_app.embedded.base import ports, run_file
from serve_app.embedded.base.data_dir import DataDir
from tests.fixtures.waiting import wait_until
from tests.integration.embedded.running import PROJECT
from tests.integration.embedded.slow_graph import FINISHED

pytestmark = pytest.mark.timeout(1800)
HELD = """
INSERT INTO customers (id, filing_key) VALUES ('00000000-0000-0000-0000-000000000001', 'email:cut@example.com');
INSERT INTO customer_leases (customer_id, holder, lease_until)
VALUES ('00000000-0000-0000-0000-000000000001', 'cut', now() + interval '1 hour');
INSERT INTO node_status (node, replica, status, detail) VALUES ('ingest', 'cut', 'healthy', '')
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data directory, stopped and removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="nd-stop-"))
    yield path
    _nightdesk("down", path)
    for left in (path, DataDir(path).ray_home):
        shutil.rmtree(left, ignore_errors=True)


def _nightdesk(command: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "serve_app.cli.main", command, *options, "--data-dir", str(folder)],
        cwd=PROJECT, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip


def _up(folder: Path, graph: str) -> run_file.RunFile:
    dashboard = ports.pick_free()
    chosen = ["--port", str(ports.pick_free(taken=[dashboard])), "--dashboard-port", str(dashboard)]
    done = _nightdesk("up", folder, "--detach", "--graph", f"tests.integration.embedded.slow_graph:{graph}", *chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    return run_file.load(DataDir(folder))


def _ask(dsn: str, statement: str) -> Any:
    async def once() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            if statement.lstrip().startswith("SELECT"):
                return await connection.fetchval(statement)
            return await connection.execute(statement)
        finally:
            await connection.close()

    return asyncio.run(once())


def test_s7_a_node_gets_the_time_that_it_declares_when_up_is_told_to_stop(folder: Path) -> None:
    supervisor = _up(folder, "finishing").supervisor
    os.kill(supervisor.pid, signal.SIGTERM)
    wait_until(lambda: not supervisor.is_alive(), within_s=300, what="the end")
    assert (folder / FINISHED).exists()


def test_s7_a_second_signal_waits_for_nothing(folder: Path) -> None:
    supervisor = _up(folder, "hanging").supervisor
    os.kill(supervisor.pid, signal.SIGTERM)
    wait_until(lambda: _state(folder) == "stopping", within_s=120, what="the stop")
    os.kill(supervisor.pid, signal.SIGTERM)
    wait_until(lambda: not supervisor.is_alive(), within_s=300, what="the end")
    assert not (folder / FINISHED).exists()


def _state(folder: Path) -> str:
    run = run_file.read(DataDir(folder))
    return next((part.state for part in run.parts if part.name == "graph"), "") if run else ""


def test_s7_what_down_cuts_is_handed_back_at_the_next_start(folder: Path) -> None:
    run = _up(folder, "hanging")
    parts = {part.pid for part in run.parts if part.pid}
    _ask(run.database_url, HELD)
    assert _nightdesk("down", folder).returncode == 0
    assert not [pid for pid in parts if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
    assert not (folder / FINISHED).exists()
    again = _up(folder, "finishing")
    assert _ask(again.database_url, "SELECT lease_until < now() AND token = 2 FROM customer_leases")
    assert _ask(again.database_url, "SELECT count(*) FROM node_status WHERE replica = 'cut'") == 0
