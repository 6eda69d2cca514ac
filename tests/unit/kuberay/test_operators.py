"""What Strimzi, CloudNativePG and Prometheus' operator are given is what their own schemas know (S2)."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.unit.kuberay.charts import CHART, VALUE_SETS, Resource, find, resources

SCHEMAS = Path(__file__).parents[2] / "data" / "kuberay"
KINDS = {
    "Cluster", "Kafka", "KafkaNodePool", "KafkaTopic", "PodMonitor", "PrometheusRule", "ScheduledBackup",
    "ServiceMonitor",
}  # fmt: skip


@cache
def _schema(kind: str) -> Any:
    schema = json.loads((SCHEMAS / f"{kind.lower()}-v1.schema.json").read_text())
    return jsonschema.validators.validator_for(schema)(schema)


def _faults(one: Resource) -> list[str]:
    found = _schema(one["kind"]).iter_errors(one)
    return [f"{one['metadata']['name']}: {list(error.path)}: {error.message}" for error in found]


@pytest.mark.parametrize("name", VALUE_SETS)
def test_operators_know_every_field(name: str) -> None:
    assert [fault for one in resources(name) if one["kind"] in KINDS for fault in _faults(one)] == []


def test_an_uninstall_leaves_the_bundled_database() -> None:
    """Helm would delete the Cluster, and CloudNativePG its volumes with it."""
    kept = find("bundled", "Cluster")["metadata"]["annotations"]["helm.sh/resource-policy"]
    assert kept == "keep"


def test_the_runbooks_restored_cluster_is_one_that_the_operator_takes() -> None:
    """And it has what the product needs of the one before: its database, its role, no fewer connections."""
    text = (CHART.parent / "docs" / "runbook.md").read_text()
    written = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    before = find("bundled", "Cluster")["spec"]
    assert _faults(written) == []
    assert written["spec"]["postgresql"]["parameters"] == before["postgresql"]["parameters"]
    recovery = written["spec"]["bootstrap"]["recovery"]
    assert {key: recovery[key] for key in ("database", "owner")} == {
        key: before["bootstrap"]["initdb"][key] for key in ("database", "owner")
    }
    assert [one["name"] for one in written["spec"]["externalClusters"]] == [recovery["source"]]


def test_every_kind_is_rendered_somewhere() -> None:
    assert {one["kind"] for name in VALUE_SETS for one in resources(name)} >= KINDS


@pytest.mark.parametrize(
    ("kind", "path", "key"),
    [
        ("Cluster", ("spec", "storage"), "volumeSize"),
        ("Kafka", ("spec", "kafka"), "replicas"),
        ("KafkaNodePool", ("spec", "storage", "volumes", 0), "storageSize"),
        ("PodMonitor", ("spec", "podMetricsEndpoints", 0), "every"),
        ("PrometheusRule", ("spec", "groups", 0, "rules", 0), "severity"),
    ],
)
def test_a_field_that_an_operator_does_not_know_is_found(kind: str, path: tuple[Any, ...], key: str) -> None:
    one = deepcopy(find("bundled", kind))
    place: Any = one
    for step in path:
        place = place[step]
    place[key] = "x"
    assert _faults(one)
