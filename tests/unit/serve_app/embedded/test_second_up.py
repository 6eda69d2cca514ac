"""S1: a second `up` waits for the first one's product."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.processes import ProcessRecord, identity_of
from serve_app.embedded.base.run_file import PartStatus, RunFile
from serve_app.embedded.supervision.follow import follow_until_ready
from serve_app.embedded.supervision.lock import SupervisorBusyError, SupervisorLock


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _RecordingDisplay:
    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.states: list[str] = []
        self._then = then

    def changed(self, run: RunFile) -> None:
        self.states.append(run.state)
        self._then()

    def note(self, text: str) -> None:
        raise AssertionError(text)


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Ready)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(url: str) -> RunFile:
    supervisor = ProcessRecord(name="supervisor", pid=os.getpid(), identity=identity_of(os.getpid()) or "")
    graph = PartStatus(name="graph", state="starting", since="now")
    return RunFile(supervisor=supervisor, data_dir="/d", started_at="now", url=url, parts=(graph,))


def _up(run: RunFile) -> RunFile:
    return replace(run, parts=tuple(replace(part, state="up") for part in run.parts))


def test_a_second_up_waits_until_every_part_is_up(tmp_path: Path, run: RunFile) -> None:
    data_dir = DataDir(tmp_path)
    display = _RecordingDisplay(then=lambda: run_file.save(data_dir, _up(run)))
    run_file.save(data_dir, run)
    assert follow_until_ready(data_dir, display, starting=lambda: False) == _up(run)
    assert display.states[0] == "starting"
    assert display.states[-1] == "up"


def test_without_a_starting_supervisor_there_is_nothing_to_follow(tmp_path: Path) -> None:
    assert follow_until_ready(DataDir(tmp_path), _RecordingDisplay(), starting=lambda: False) is None


def test_a_second_up_does_not_wait_for_ever(tmp_path: Path, run: RunFile) -> None:
    run_file.save(DataDir(tmp_path), run)
    with pytest.raises(StartError, match=r"^not healthy after 0 s: see `nightdesk status`"):
        follow_until_ready(DataDir(tmp_path), _RecordingDisplay(), starting=lambda: True, timeout=0.3)


def test_a_second_up_tells_of_a_first_one_that_it_cannot_see(tmp_path: Path, run: RunFile) -> None:
    """Two containers on one volume: the lock is held, and the record names a process of the other container."""
    data_dir = DataDir(tmp_path)
    data_dir.run.mkdir()
    run_file.save(data_dir, replace(run, supervisor=replace(run.supervisor, identity="of another container")))
    lock = SupervisorLock(data_dir)
    with SupervisorLock(data_dir), pytest.raises(StartError, match="in use by a process that is not seen from here"):
        follow_until_ready(data_dir, _RecordingDisplay(), starting=lock.is_held, unseen=0.3)
    assert follow_until_ready(data_dir, _RecordingDisplay(), starting=lock.is_held, unseen=0.3) is None


def test_one_supervisor_for_each_directory(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.run.mkdir()
    with SupervisorLock(data_dir), pytest.raises(SupervisorBusyError), SupervisorLock(data_dir):
        raise AssertionError("two at once")
    with SupervisorLock(data_dir):
        pass
