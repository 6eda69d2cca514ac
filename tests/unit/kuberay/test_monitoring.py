"""Alerts and dashboards ask for figures that exist; an alert leads to its entry in the runbook (M1, M4)."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deployments.runtime import metrics
from tests.unit.kuberay.charts import CHART, find

RUNBOOK = CHART.parent / "docs" / "runbook.md"
DASHBOARDS = sorted((CHART / "files" / "dashboards").glob("*.json"))
# A figure has an underscore in its name, and no bracket or equals sign behind it.
NAME = re.compile(r"(?<![\w\"])([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?![\w(=!~])")
CERT_MANAGERS = {"certmanager_certificate_expiration_timestamp_seconds"}
GROUPING = re.compile(r"\b(?:by|without)\s*\([^)]*\)|\{[^}]*\}|\[[^\]]*\]")


def test_alerts_ask_for_figures_that_exist() -> None:
    rules = find("bundled", "PrometheusRule")["spec"]["groups"][0]["rules"]
    for rule in rules:
        assert _unknown(rule["expr"]) == set(), rule["alert"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_dashboards_ask_for_figures_that_exist(path: Path) -> None:
    for panel in json.loads(path.read_text())["panels"]:
        for target in panel["targets"]:
            assert _unknown(target["expr"]) == set(), panel["title"]


def test_a_figure_that_does_not_exist_is_found() -> None:
    assert _unknown("sum(rate(ray_nightdesk_turn_second_sum[5m]))") == {"ray_nightdesk_turn_second_sum"}


def test_every_alert_has_its_entry_in_the_runbook() -> None:
    rules = find("bundled", "PrometheusRule")["spec"]["groups"][0]["rules"]
    entries = set(re.findall(r"^## (nightdesk\w+)$", RUNBOOK.read_text(), re.MULTILINE))
    assert {rule["annotations"]["runbook_url"].partition("#")[2] for rule in rules} == entries
    alerts = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["alerts"]
    assert len(rules) == len(alerts)


def _unknown(expression: str) -> set[str]:
    """Return the names in an expression that neither we nor Ray export."""
    names = set(NAME.findall(GROUPING.sub("", expression)))
    return names - set(_ours()) - CERT_MANAGERS - {name for name in names if _rays(name)}


def _ours() -> Iterator[str]:
    for metric in metrics.ALL:
        parts = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        yield from (f"ray_{metric.name}{part}" for part in parts)


def _rays(name: str) -> bool:
    """Whether Ray's own source names the figure, without the prefix and the counter's ending that its exporter adds."""
    bare = name.removeprefix("ray_").removesuffix("_total")
    return name.startswith("ray_") and f'"{bare}"' in _source_of_ray()


_SOURCE: list[str] = []


def _source_of_ray() -> str:
    if not _SOURCE:
        spec = importlib.util.find_spec("ray")
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        files = [*(folder / "serve" / "_private").glob("*.py"), *(folder / "dashboard/modules/reporter").glob("*.py")]
        _SOURCE.append("\n".join(path.read_text() for path in files).replace("{protocol_name}", "http"))
    return _SOURCE[0]
