"""S1: started processes are found again and stopped, and no others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.processes import PartProcess, ProcessRecord, identity_of, session_of
from tests.fixtures.waiting import wait_until

ENV = {"PATH": os.defpath}


@pytest.fixture
def part(tmp_path: Path) -> PartProcess:
    return PartProcess("part", record_path=tmp_path / "part.json", log=tmp_path / "part.log")


def _members(part: PartProcess) -> list[int]:
    record = part.record()
    return session_of(record) if record else []


def test_start_and_stop(part: PartProcess, tmp_path: Path) -> None:
    assert not part.is_alive()
    part.spawn(["sleep", "60"], env=ENV, cwd=tmp_path)
    assert part.is_alive()
    pid = part.pid
    assert pid is not None
    assert part.stop()
    assert not psutil.pid_exists(pid)
    assert not part.is_alive()
    assert not part.stop()


def test_output_goes_to_the_log(part: PartProcess, tmp_path: Path) -> None:
    part.spawn(["sh", "-c", "echo out; echo err >&2"], env=ENV, cwd=tmp_path)
    assert part.wait() == 0
    assert (tmp_path / "part.log").read_text() == "out\nerr\n"


def test_the_whole_session_is_stopped_also_processes_ignoring_sigterm(part: PartProcess, tmp_path: Path) -> None:
    part.spawn(["sh", "-c", "(trap '' TERM; sleep 60) & sleep 61"], env=ENV, cwd=tmp_path)
    wait_until(lambda: len(_members(part)) >= 3, pause_s=0.02)
    members = _members(part)
    assert part.stop(grace=0.2)
    assert not [pid for pid in members if identity_of(pid)]


def test_children_of_a_killed_leader_are_found(part: PartProcess, tmp_path: Path) -> None:
    part.spawn(["sh", "-c", "sleep 60 & sleep 61"], env=ENV, cwd=tmp_path)
    wait_until(lambda: len(_members(part)) >= 3, pause_s=0.02)
    assert part.pid is not None
    os.kill(part.pid, signal.SIGKILL)
    wait_until(lambda: not part.is_alive(), pause_s=0.02)
    orphans = _members(part)
    assert orphans
    assert part.stop(grace=0.2)
    assert not [pid for pid in orphans if identity_of(pid)]


def test_another_supervisor_stops_what_an_earlier_one_started(part: PartProcess, tmp_path: Path) -> None:
    part.spawn(["sleep", "60"], env=ENV, cwd=tmp_path)
    later = PartProcess("part", record_path=tmp_path / "part.json", log=tmp_path / "part.log")
    assert later.is_alive()
    assert later.stop(grace=1)
    assert not part.is_alive()


def test_a_recycled_process_id_is_never_touched(part: PartProcess, tmp_path: Path) -> None:
    """The record names a process id that now belongs to somebody else."""
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        identity = identity_of(stranger.pid)
        assert identity is not None
        boot, _, ticks = identity.rpartition(":")
        stale = {"name": "part", "pid": stranger.pid, "identity": f"{boot}:{int(ticks) - 500}"}
        (tmp_path / "part.json").write_text(json.dumps(stale))
        assert not part.is_alive()
        assert not part.stop(grace=0.1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_record_from_before_a_reboot_matches_no_process() -> None:
    identity = identity_of(os.getpid())
    assert identity is not None
    assert ProcessRecord(name="x", pid=os.getpid(), identity=identity).is_alive()
    assert not ProcessRecord(name="x", pid=os.getpid(), identity=f"other-boot:{identity.split(':')[1]}").is_alive()


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen(["true"])
    wait_until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE, pause_s=0.02)
    assert identity_of(child.pid) is None
    child.wait()


def test_an_illegible_record_is_no_record(part: PartProcess, tmp_path: Path) -> None:
    (tmp_path / "part.json").write_text('{"pid": 1')
    assert part.record() is None
    assert not part.stop()


def test_a_retired_part_never_starts_again(part: PartProcess, tmp_path: Path) -> None:
    part.retire()
    with pytest.raises(StartError, match="being stopped"):
        part.spawn(["sleep", "60"], env=ENV, cwd=tmp_path)
    assert part.record() is None
