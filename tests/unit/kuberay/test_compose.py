"""compose.yaml and what its profile `observability` is given are what Docker Compose and Prometheus take (S3)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from serve_app.embedded.parts.ray_node import METRICS_PORT
from tests.unit.kuberay.charts import CHART
from tests.unit.kuberay.test_alerts import PROMTOOL, needs_promtool

ROOT = CHART.parent
COMPOSE = ROOT / ".venv" / "bin" / "docker-compose"
GIVEN = ROOT / "compose"
PROFILES = ("demo", "observability")


def _compose(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(COMPOSE), "--file", str(ROOT / "compose.yaml"), *arguments]
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment}
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    """The whole file as Docker Compose reads it, with every profile."""
    chosen = [part for profile in PROFILES for part in ("--profile", profile)]
    done = _compose(*chosen, "config", POSTGRES_PASSWORD="x")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


def test_s3_compose_takes_the_file_and_asks_for_what_has_to_be_set() -> None:
    refused = _compose("config", "--quiet")
    assert refused.returncode != 0
    assert "POSTGRES_PASSWORD" in refused.stderr


def test_s3_every_service_is_bounded_and_every_mounted_file_is_there(composed: dict[str, Any]) -> None:
    for name, service in composed["services"].items():
        for mount in service.get("volumes", []):
            assert mount["type"] == "volume" or Path(mount["source"]).exists(), (name, mount["source"])
        if name not in ("postgres", "kafka"):
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
        for port in service.get("ports", []):
            assert name == "app" or port["host_ip"] == "127.0.0.1", (name, port)


def test_m4_prometheus_asks_where_ray_tells_its_figures(composed: dict[str, Any]) -> None:
    wanted = yaml.safe_load((GIVEN / "prometheus.yml").read_text())["scrape_configs"][0]["static_configs"][0]
    assert wanted["targets"] == [f"127.0.0.1:{METRICS_PORT}"]
    assert composed["services"]["prometheus"]["network_mode"] == "service:app"


def test_m4_the_collector_connects_only_what_it_has() -> None:
    given = yaml.safe_load((GIVEN / "otel-collector.yaml").read_text())
    for pipeline in given["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= given[kind].keys()


def test_m1_the_alerts_are_the_charts(request: pytest.FixtureRequest) -> None:
    """`pytest tests/unit/kuberay --rewrite-golden` writes compose/alerts.yml anew."""
    path = GIVEN / "alerts.yml"
    text = "# Made of kuberay/files/alerts.yaml by `pytest tests/unit/kuberay --rewrite-golden`.\n"
    text += yaml.safe_dump({"groups": [{"name": "nightdesk", "rules": list(map(_rule, _alerts()))}]}, sort_keys=False)
    if request.config.getoption("--rewrite-golden", default=False):
        path.write_text(text)
    assert path.read_text() == text


@needs_promtool
def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    given = (GIVEN / "prometheus.yml").read_text().replace("/etc/prometheus/", f"{GIVEN}/")
    (tmp_path / "prometheus.yml").write_text(given)
    done = subprocess.run(
        [PROMTOOL, "check", "config", str(tmp_path / "prometheus.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"{len(_alerts())} rules found" in done.stdout


def _alerts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["alerts"]
    return found


def _rule(alert: dict[str, Any]) -> dict[str, Any]:
    return {
        "alert": alert["alert"],
        "expr": alert["expr"].replace("$namespace", "nightdesk").replace("$name", "nightdesk"),
        "for": alert["for"],
        "labels": {"severity": alert["severity"]},
        "annotations": {"summary": alert["summary"], "runbook": f"docs/runbook.md#{alert['alert'].lower()}"},
    }
