"""A folder belongs to one tuning, and one job at a time works in it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from embeddings.workbench.alone import alone
from serve_app.cli.embeddings.tune_job import Spec, _told, told
from serve_app.cli.embeddings.tuning import _steps, claim
from serve_app.embedded.base.errors import UserError

SPEC = Spec(train={"queries": ("a",)}, dev={}, base="b", rates=(2e-5,), epochs=1, batch=8, steps=50, seed=7)


def test_another_tuning_does_not_get_the_folder_and_the_same_one_does(tmp_path: Path) -> None:
    claim(SPEC, tmp_path / "mine")
    claim(SPEC, tmp_path / "mine")
    assert Spec.read(tmp_path / "mine").text() == SPEC.text()
    with pytest.raises(UserError, match="a tuning with other data or options"):
        claim(replace(SPEC, rates=(5e-5,)), tmp_path / "mine")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/notes.txt").write_text("a team's")
    with pytest.raises(UserError, match="has other things in it"):
        claim(SPEC, tmp_path / "taken")


def test_a_second_job_on_a_folder_ends_at_once_and_changes_nothing(tmp_path: Path) -> None:
    claim(SPEC, tmp_path)
    job = [sys.executable, "-m", "serve_app.cli.embeddings.tune_job", str(tmp_path)]
    with alone(tmp_path, wait=False) as ours:
        assert ours
        second = subprocess.run(job, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"another job tunes in {tmp_path}" in second.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["spec.json"]


def test_the_bar_knows_how_many_steps_there_are_at_most_and_how_many_are_measured(tmp_path: Path) -> None:
    assert replace(SPEC, train={"queries": ("a",) * 17}, rates=(1e-5, 2e-5), epochs=3).most_steps == 2 * 3 * 3
    assert _steps(tmp_path) == 0
    for name, steps in (("trial_1", (10, 20)), ("trial_2", (10,)), ("trial_3", ())):
        (tmp_path / "runs/tune" / name).mkdir(parents=True)
        lines = "".join(json.dumps({"step": step, "recall@1": 0.5}) + "\n" for step in steps)
        (tmp_path / "runs/tune" / name / "result.json").write_text(lines)
    assert _steps(tmp_path) == 30


def test_the_adapter_that_was_tried_first_stands_beside_the_whole_encoder() -> None:
    first = {"base": 0.5, "adapter": 0.55}
    assert told({"recall@1": 0.7, "first": first}, 40) == (
        "on 40 questions put aside: the whole encoder recall@1 0.500 → 0.700 (+0.200), "
        "an adapter recall@1 0.500 → 0.550 (+0.050)"
    )
    assert told({"recall@1": 0.7, "first": first | {"adapter": None}}, 40).endswith("an adapter not trained, at least "
        "20 questions with an answer are needed")  # fmt: skip


def test_a_step_that_was_measured_again_after_a_kill_stands_once() -> None:
    rows = [{"step": step, "recall@1": found} for step, found in ((10, 0.8), (20, 0.82), (20, 0.84), (30, 0.83))]
    frame = SimpleNamespace(to_dict=lambda _orient: rows)
    result = SimpleNamespace(metrics_dataframe=frame, config={"rate": 2e-5}, metrics={"recall@1": 0.83}, error=None)
    assert _told(result)["curve"] == [[10, 0.8], [20, 0.84], [30, 0.83]]
