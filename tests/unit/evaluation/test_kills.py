"""T3: when the scorecard of `bench kills` fails, and which processes are an installation's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.benchmarks.kills import marks
from evaluation.benchmarks.kills_report import Kill, KillsReport
from evaluation.benchmarks.processes import kill, processes
from tests.fixtures.waiting import wait_until

MARK = "stands for a part"


def report(*, lost: int = 0, doubled: int = 0, malformed: tuple[str, ...] = ()) -> KillsReport:
    """The report of 100 accepted forms and five refused ones."""
    return KillsReport(
        statuses={201: 100, 503: 5},
        answered_once=100 - lost - doubled,
        lost=lost,
        doubled=doubled,
        settled_s=1.0,
        kills=(),
        left_alone=(),
        replies=100,
        malformed=malformed,
    )


def test_t3_only_what_is_lost_or_doubled_fails_the_run() -> None:
    assert report().scorecard.passed
    assert report(malformed=("web_form TKT-0001: says nothing",)).scorecard.passed
    assert report(lost=1).scorecard.broken == ("Exactly-once under 0 kills: accepted forms that were lost",)
    assert report(doubled=1).scorecard.broken == (
        "Exactly-once under 0 kills: accepted forms that were answered twice",
    )


def test_t3_a_part_that_did_not_come_back_fails_the_run() -> None:
    back = Kill(part="agent", processes=1, refused=0, answered_s=1.0, back_s=5.0, is_node=True)
    assert replace(report(), kills=(back,)).passed
    for broken in (replace(back, back_s=None), replace(back, answered_s=None), replace(back, processes=0)):
        assert not replace(report(), kills=(back, broken)).passed
    assert replace(report(), kills=(replace(back, part="kafka", back_s=None, is_node=False),)).passed


def test_t3_the_json_has_counts_and_scorecard() -> None:
    written = report(malformed=("web_form TKT-0001: says nothing",)).as_json()
    assert written["accepted"] == 100
    once, formatting = written["scorecard"]["groups"]
    assert [figure["measured"] for figure in once["figures"]] == [100, 0, 0]
    assert formatting["figures"][0]["measured"] == pytest.approx(0.99)


def test_every_node_and_store_has_a_mark_of_its_own() -> None:
    found = marks(["ingress", "ingest"])
    assert set(found) == {"kafka", "postgresql", "ingress", "ingest"}
    assert len(set(found.values())) == 4


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """A process of an installation, and those of others whose directories begin or end with the same name."""
    code = f"import time; time.sleep(600)  # {MARK}"
    running = {
        "one": subprocess.Popen([sys.executable, "-c", code, f"--data-dir={tmp_path / 'one'}"]),
        "longer": subprocess.Popen([sys.executable, "-c", code, f"--data-dir={tmp_path / 'one-b'}"]),
        "below": subprocess.Popen([sys.executable, "-c", code, f"--data-dir=/mnt{tmp_path / 'one'}"]),
        "told otherwise": subprocess.Popen(
            [sys.executable, "-c", code, f"--data-dir={tmp_path / 'one'}/other"],
            env={**os.environ, "NIGHTDESK_DATA_DIR": str(tmp_path / "one/other")},
        ),
    }
    try:
        yield running
    finally:
        for process in running.values():
            process.kill()
            process.wait()


def test_only_the_installations_own_processes_are_killed(
    tmp_path: Path, parts: dict[str, subprocess.Popen[bytes]]
) -> None:
    wait_until(lambda: len(processes(str(tmp_path / "one"), MARK)) == 1)
    assert kill(str(tmp_path / "one"), MARK) == 1
    assert parts["one"].wait(timeout=60) < 0
    assert [name for name, process in parts.items() if process.poll() is None] == ["longer", "below", "told otherwise"]
    assert processes(str(tmp_path / "one"), MARK) == []
