"""M4: docs/metrics.md lists every metric as the code has it, each is recorded somewhere, and labels are its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from deployments.runtime import metrics
from deployments.runtime.metrics import ALL, Metric, PrometheusSink

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(nightdesk_\w+)` \| (\w+) \| ([\w, ]*)\| (.+) \|$", re.MULTILINE)
UNITS = ("_seconds", "_records", "_in_flight", "_total", "_letters", "_degraded")


def test_m4_the_table_and_the_code_say_the_same() -> None:
    listed = {
        name: (kind, tuple(label.strip() for label in labels.split(",") if label.strip()), says)
        for name, kind, labels, says in ROW.findall((ROOT / "docs" / "metrics.md").read_text(encoding="utf-8"))
    }
    assert listed == {metric.name: (metric.kind, metric.labels, metric.says) for metric in ALL}


def test_m4_every_metric_is_in_the_list_is_recorded_and_names_its_unit() -> None:
    named = {name: value for name, value in vars(metrics).items() if isinstance(value, Metric)}
    assert set(named.values()) == set(ALL)
    code = "".join(
        path.read_text(encoding="utf-8")
        for part in ("deployments", "serve_app")
        for path in (ROOT / part).rglob("*.py")
    )
    for name, metric in named.items():
        assert re.search(rf"(metrics|figures)\.record\(\s*(metrics|figures)\.{name}\b", code), (
            f"{name} is never recorded"
        )
        assert metric.name.endswith(UNITS)


def test_m4_each_kind_reaches_prometheus_and_foreign_labels_are_refused() -> None:
    registry = CollectorRegistry()
    sink = PrometheusSink(registry)
    sink.record(metrics.REPLIES, 2, {"channel": "email", "outcome": "sent"})
    sink.record(metrics.REPLIES, 1, {"channel": "email", "outcome": "sent"})
    sink.record(metrics.LAG, 7, {})
    sink.record(metrics.STAGE, 0.3, {"stage": "agent"})
    labels = {"channel": "email", "outcome": "sent"}
    assert registry.get_sample_value("nightdesk_replies_total", labels) == 3
    assert registry.get_sample_value("nightdesk_consumer_lag_records") == 7
    assert registry.get_sample_value("nightdesk_stage_seconds_bucket", {"stage": "agent", "le": "0.5"}) == 1
    with pytest.raises(ValueError, match="ticket"):
        metrics.record(metrics.LAG, 1, ticket="TKT-0001")
