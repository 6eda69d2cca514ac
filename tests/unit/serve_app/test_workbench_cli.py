"""`nightdesk data check`, `embeddings evaluate` and `tune`, `thresholds fit`, as a team runs them without a product."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from embeddings.workbench.escalation_data import read_set
from embeddings.workbench.questions import DOCUMENT, QUESTIONS
from serve_app.cli.main import app
from serve_app.embedded.base.errors import UserError


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No product, no settings of this machine."""
    monkeypatch.setenv("NIGHTDESK_DATA_DIR", str(tmp_path / "nothing"))
    monkeypatch.delenv("DATABASE_URL", raising=False)


def run(*arguments: object) -> str:
    """Run a command; raise what it raises, UserError and SystemExit too."""
    result = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def few_questions(path: Path, every: int) -> Path:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    test = [row for row in rows if row["split"] == "test"][::every]
    train = [row for row in rows if row["split"] == "train"][: len(test)]
    path.write_text("\n".join(json.dumps(row) for row in (*train, *test)), encoding="utf-8")
    return path


def test_a_file_is_described_and_a_bad_one_refused_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nI lost my card,lost\nmy card is gone,lost\n", encoding="utf-8")
    said = run("data", "check", tmp_path / "a.csv")
    assert "note: no row has a split: " in said
    assert "1 labels: lost 2" in said
    (tmp_path / "a.csv").write_text("text,label\n,lost\n", encoding="utf-8")
    with pytest.raises(UserError, match="line 2: the text is empty"):
        run("data", "check", tmp_path / "a.csv")


def test_an_adapter_is_tuned_and_evaluated_beside_the_model_in_service(tmp_path: Path) -> None:
    data, out = few_questions(tmp_path / "q.jsonl", 4), tmp_path / "models" / "mine"
    common = ("--data", data, "--document", DOCUMENT)
    assert "MRR" in run("embeddings", "tune", *common, "--out", out)
    said = run("embeddings", "evaluate", out, *common, "--json", tmp_path / "r.json", "--html", tmp_path / "r.html")
    report: dict[str, Any] = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    names = [one["search"] for one in report["searches"]]
    assert names[0] == "BM25"
    assert names[2].startswith("mine-")
    assert f"{names[2]}: recall@1" in said
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(UserError, match="is neither"):
        run("embeddings", "evaluate", tmp_path / "no-model", *common)


def test_a_threshold_follows_the_costs_and_keeps_every_direct_request(tmp_path: Path) -> None:
    lines = [{"text": e.whole, "label": e.label} for e in read_set("thresholds")[::12]]
    data = tmp_path / "own.jsonl"
    data.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    chosen = {}
    for name, miss, alarm in (("careful", 50, 1), ("sparing", 1, 50)):
        report = tmp_path / f"{name}.json"
        costs = ("--miss-cost", miss, "--false-alarm-cost", alarm)
        said = run(
            "thresholds", "fit", "escalation", "--data", data, *costs, "--json", report, "--toml", tmp_path / name
        )
        chosen[name] = json.loads(report.read_text(encoding="utf-8"))
        assert (tmp_path / name).read_text(encoding="utf-8") in said
    careful, sparing = (chosen[name]["chosen"] for name in ("careful", "sparing"))
    assert careful["threshold"] <= sparing["threshold"]
    assert careful["misses"] <= sparing["misses"]
    for one in chosen.values():
        assert one["chosen"]["cost"] <= min(point["cost"] for point in one["points"] if point["allowed"]) * 1.01
    data.write_text('{"text": "a", "label": "angry"}', encoding="utf-8")
    with pytest.raises(UserError, match="the label 'angry' is none of none, pricing"):
        run("thresholds", "fit", "escalation", "--data", data, "--miss-cost", 1, "--false-alarm-cost", 1)
