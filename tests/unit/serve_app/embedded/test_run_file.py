"""S1: other commands find the running product, and only a running one."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import NotRunningError
from serve_app.embedded.base.processes import ProcessRecord, identity_of
from serve_app.embedded.base.run_file import PartStatus, RunFile


@pytest.fixture
def run() -> RunFile:
    """A run whose supervisor is this very process."""
    supervisor = ProcessRecord(name="supervisor", pid=os.getpid(), identity=identity_of(os.getpid()) or "")
    parts = tuple(PartStatus(name=name, state="up", since="2026-11-22T10:00:00+00:00", pid=1) for name in ("a", "b"))
    return RunFile(supervisor=supervisor, data_dir="/d", started_at="now", url="http://127.0.0.1:1", parts=parts)


def test_what_is_saved_is_loaded(tmp_path: Path, run: RunFile) -> None:
    run = replace(
        run, settings={"agent_mode": "draft", "escalation_thresholds": {"refund": 0.5}, "secret_key": "s3cr3t"}
    )
    run_file.save(DataDir(tmp_path), run)
    assert run_file.load(DataDir(tmp_path)) == run
    assert "s3cr3t" not in repr(run)
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600


def test_without_a_file_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match=r"^nothing runs on .*: start it with `nightdesk up`\.$") as caught:
        run_file.load(DataDir(tmp_path))
    assert caught.value.exit_code == 3


def test_with_a_dead_supervisor_nothing_runs(tmp_path: Path, run: RunFile) -> None:
    dead = replace(run, supervisor=ProcessRecord(name="supervisor", pid=os.getpid(), identity="another:1"))
    run_file.save(DataDir(tmp_path), dead)
    assert run_file.read(DataDir(tmp_path)) == dead
    with pytest.raises(NotRunningError):
        run_file.load(DataDir(tmp_path))


def test_a_file_of_an_older_version_has_no_settings(tmp_path: Path, run: RunFile) -> None:
    run_file.save(DataDir(tmp_path), run)
    fields = json.loads((tmp_path / "run.json").read_text())
    del fields["settings"]
    (tmp_path / "run.json").write_text(json.dumps(fields))
    assert run_file.load(DataDir(tmp_path)).settings is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"supervisor": 1, "parts": []}'])
def test_an_illegible_file_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert run_file.read(DataDir(tmp_path)) is None


def test_the_state_is_up_when_every_part_is(run: RunFile) -> None:
    assert run.state == "up"
    first, second = run.parts
    assert replace(run, parts=(first, replace(second, state="restarting"))).state == "restarting"
