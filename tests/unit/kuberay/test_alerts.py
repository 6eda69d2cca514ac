"""Each alert is raised once on purpose, by Prometheus itself, and stays quiet where it should (M1)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.kuberay.alert_cases import CASES, CASES_BESIDE, Case
from tests.unit.kuberay.charts import CHART, find

ROOT = CHART.parent
FETCHED = ROOT / ".venv" / "prometheus" / "usr" / "bin" / "promtool"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool") or (str(FETCHED) if FETCHED.exists() else "")
RULES: list[dict[str, Any]] = find("bundled", "PrometheusRule")["spec"]["groups"][0]["rules"]
needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="promtool is not here: `make alerts-test` fetches it")


def test_every_alert_has_its_case() -> None:
    assert {rule["alert"] for rule in RULES} == set(CASES)


@needs_promtool
def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    assert _promtool("check", "rules", str(_rules(tmp_path))) == ""


@needs_promtool
def test_m1_each_alert_is_raised_by_its_figures_and_by_no_others(tmp_path: Path) -> None:
    cases = [
        (rule, by_name[name])
        for rule in RULES
        for by_name in (CASES, CASES_BESIDE)
        if (name := rule["alert"]) in by_name
    ]
    tests = [test for rule, case in cases for test in _tests(rule, case)]
    plan = {"rule_files": [str(_rules(tmp_path))], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(plan))
    assert _promtool("test", "rules", str(tmp_path / "tests.yaml")) == ""


@needs_promtool
def test_an_alert_that_is_not_raised_is_found(tmp_path: Path) -> None:
    rule = next(rule for rule in RULES if rule["alert"] == "NightdeskConsumerLag")
    raised = _tests(rule, CASES[rule["alert"]])[0]
    raised["input_series"][0]["values"] = "1x30"
    plan = {"rule_files": [str(_rules(tmp_path))], "evaluation_interval": "1m", "tests": [raised]}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(plan))
    assert "NightdeskConsumerLag" in _promtool("test", "rules", str(tmp_path / "tests.yaml"))


def test_a_raised_alert_leads_to_its_entry_with_steps() -> None:
    entries = re.split(r"^## ", (ROOT / "docs" / "runbook.md").read_text(), flags=re.MULTILINE)
    steps = {entry.split("\n", 1)[0]: entry for entry in entries}
    for rule in RULES:
        entry = steps[rule["annotations"]["runbook_url"].partition("#")[2]]
        assert entry.count("\n") > 3, rule["alert"]


def _rules(folder: Path) -> Path:
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "nightdesk", "rules": RULES}]}))
    return path


def _tests(rule: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    expected = {
        "exp_labels": {"severity": rule["labels"]["severity"], **case.labels},
        "exp_annotations": rule["annotations"],
    }
    return [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "alert_rule_test": [{"eval_time": case.at, "alertname": rule["alert"], "exp_alerts": alerts}],
        }
        for series, alerts in ((case.raised, [expected]), (case.quiet, []))
    ]


def _promtool(*arguments: str) -> str:
    """Return what it complains about, '' when all is well."""
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=300, check=False)
    return done.stdout + done.stderr if done.returncode else ""
