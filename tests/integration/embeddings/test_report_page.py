"""The report of `nightdesk embeddings evaluate` in a browser without a network (`web-form/e2e/report.mjs`)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from embeddings.encoder import ADAPTER, BUILT_IN
from embeddings.workbench.questions import DOCUMENT, QUESTIONS
from embeddings.workbench.registry.candidate import served_form
from serve_app.cli.main import app
from tests.fixtures.node import node

WIDTH = 96
"""Of vectors that lose much and, by chance, win a little: the report has both to show."""


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """The built-in encoder in front of a matrix of fewer directions, none of them better than another."""
    folder = served_form(BUILT_IN, tmp_path, name="narrow")
    directions = np.linalg.qr(np.random.default_rng(3).normal(size=(384, 384)))[0][:, :WIDTH]
    np.savez(folder / ADAPTER, weights=directions.astype(np.float32))
    return folder


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """The example company's questions, all to measure with but the first, which has no split."""
    rows = [json.loads(line) | {"split": "test"} for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    rows[0]["split"] = None
    path = tmp_path / "questions <b>.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.timeout(300)
def test_the_report_is_whole_without_a_network(
    candidate: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTDESK_DATA_DIR", str(tmp_path / "nothing"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    page = tmp_path / "report.html"
    given = ("--data", str(questions), "--document", str(DOCUMENT), "--html", str(page))
    done = CliRunner().invoke(app, ["embeddings", "evaluate", str(candidate), *given], catch_exceptions=False)
    assert "questions <b>.jsonl: 1 rows have no split: they are neither" in done.output
    looked = node("e2e/report.mjs", str(page))
    assert looked.returncode == 0, f"{looked.stdout}\n{looked.stderr}"
