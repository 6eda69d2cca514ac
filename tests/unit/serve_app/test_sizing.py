"""docs/sizing.md is what `nightdesk sizing --page` reckons (X3)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from db.measurement.bench_reads import Writes
from evaluation.benchmarks.models_alone import ModelsAlone
from evaluation.benchmarks.pipeline import PipelineReport
from serve_app.cli.main import app
from serve_app.cli.sizing.measured import write_costs
from serve_app.cli.sizing.page import LOADS, text
from serve_app.cli.sizing.plan import COSTS, PRICES, Assumptions, Costs, Prices, limits, plan
from serve_app.scaling import table

PAGE = Path(__file__).parents[3] / "docs" / "sizing.md"
MEASURED, GIVEN = Costs.load(), Assumptions()


def test_the_checked_in_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(MEASURED, GIVEN), "run: nightdesk sizing --page > docs/sizing.md"


def test_twice_the_messages_take_twice_the_rows_and_no_fewer_replicas() -> None:
    once, twice = plan(5_000_000, MEASURED, GIVEN), plan(10_000_000, MEASURED, GIVEN)
    assert twice.rows_s == pytest.approx(2 * once.rows_s)
    assert twice.kept_gb_day == pytest.approx(2 * once.kept_gb_day)
    assert all(twice.replicas[name] >= once.replicas[name] for name in once.replicas)


def test_the_replicas_of_a_load_have_the_time_that_it_takes() -> None:
    """A replica has one processor: so many milliseconds a second, of which `load` may be used."""
    for per_day in LOADS:
        found = plan(per_day, MEASURED, GIVEN)
        for node in ("identity", "analysis", "agent", "ingest", "delivery"):
            assert found.peak_s * MEASURED.cpu_ms[node] <= 1000 * GIVEN.load * found.replicas[node], (per_day, node)


def test_at_its_limit_a_node_has_its_most_replicas() -> None:
    first = next(one for one in limits(MEASURED, GIVEN) if one.what.startswith("analysis"))
    most = next(node.cluster.most for node in table.NODES if node.name == "analysis")
    assert plan(int(first.per_day * 0.99), MEASURED, GIVEN).replicas["analysis"] == most
    assert plan(int(first.per_day * 1.01), MEASURED, GIVEN).replicas["analysis"] > most


def test_costs_of_ones_own_are_taken_and_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    costs = json.loads(COSTS.read_text())
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(costs | {"kept_kb": 10 * costs["kept_kb"]}))
    shown = CliRunner().invoke(app, ["sizing", "--per-day", "1000000", "--costs", str(mine)])
    assert f"{plan(1_000_000, Costs.load(mine), GIVEN).kept_gb_day:,.1f} GB" in shown.output
    mine.write_text("{}")
    assert CliRunner().invoke(app, ["sizing", "--costs", str(mine)]).exit_code != 0


def test_what_one_pays_oneself_is_reckoned_with(tmp_path: Path) -> None:
    prices = json.loads(PRICES.read_text())
    mine = tmp_path / "mine.json"
    mine.write_text(
        json.dumps(prices | {name: 10 * prices[name] for name in prices if name.endswith(("hour", "month"))})
    )
    shown = CliRunner().invoke(app, ["sizing", "--per-day", "1000000", "--prices", str(mine)])
    assert f"{10 * plan(1_000_000, MEASURED, GIVEN).dollars_month:,.0f}" in shown.output
    assert Prices.load(mine).core_hour == pytest.approx(10 * GIVEN.prices.core_hour)


def test_a_measurement_becomes_the_file_that_is_reckoned_with(tmp_path: Path) -> None:
    """As `nightdesk bench pipeline --costs FILE` writes it: nothing in it is assumed."""
    report = PipelineReport(
        messages=4000,
        seconds=200.0,
        unanswered=0,
        nodes={"analysis": 27.34, "controller": 0.8, "kafka": 1.4, "postgresql": 5.5},
        stages=(),
        alone=ModelsAlone(encoder_cpu_ms=7.2, float_encoder_cpu_ms=18.3, judge_cpu_ms=9.8),
        judgings=0.8,
        written=Writes(wal_bytes=20480.0, inserted=27.9, updated=16.2, deleted=1.0, transactions=17.0),
        kept_bytes=13_721.6,
        kafka_bytes=1536.0,
    )
    write_costs(tmp_path / "costs.json", report, date(2026, 12, 1))
    found = Costs.load(tmp_path / "costs.json")
    assert (found.kept_kb, found.kafka_kb, found.wal_kb, found.assumed) == (13.4, 1.5, 20.0, ())
    assert (found.cpu_ms["analysis"], found.cpu_ms["kafka"], "controller" in found.cpu_ms) == (27.3, 1.4, False)
    assert "01 December 2026" in text(found, GIVEN)
    assert "(assumed)" not in text(found, GIVEN)
