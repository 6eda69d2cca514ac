"""What `make cluster-test` installs: NetworkPolicies that let through what its tests do, and images that are made."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.cluster import IMAGES, NONE_GIVEN, ROOT, Cluster, release_values
from tests.unit.kuberay.charts import Resource, documents, pods, render, values

STORES = ROOT / "tests" / "cluster" / "stores.yaml"
NEEDED = [
    ("customers", "worker", 8000),
    ("worker", "customers", 8101),
    ("worker", "customers", 8102),
    ("worker", "postgres", 5432),
    ("worker", "kafka", 9092),
    ("migrate", "postgres", 5432),
    ("migrate", "kafka", 9092),
    ("head", "redis", 6379),
    ("worker", "head", 6379),
    ("test", "worker", 8000),
]


def _labels(installed: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the labels of every pod, of the release by what it is, of stores.yaml by its name."""
    beside = {one["metadata"]["name"]: one["metadata"]["labels"] for one in _stores() if one["kind"] == "Pod"}
    own = {}
    for pod in pods(_resources(installed)):
        labels = pod["metadata"]["labels"]
        node = labels.get("nightdesk/node")
        own[labels["app.kubernetes.io/component"] if node is None else "head" if node == "head" else "worker"] = labels
    return beside | own


@cache
def _stores() -> tuple[Resource, ...]:
    return tuple(documents(STORES.read_text()))


def _resources(installed: dict[str, Any]) -> tuple[Resource, ...]:
    return tuple(one for text in render(installed).values() if "apiVersion" in text for one in documents(text))


def _lets(installed: dict[str, Any], source: str, target: str, port: int) -> bool:
    """Whether the policies let a pod call another. A peer by address is no pod, as some network plugins have it."""
    policies = [one["spec"] for one in _resources(installed) if one["kind"] == "NetworkPolicy"]
    labels = _labels(installed)
    return _open(policies, ("Egress", "egress", "to"), labels[source], labels[target], port) and _open(
        policies, ("Ingress", "ingress", "from"), labels[target], labels[source], port
    )


def _open(policies: list[Any], way: tuple[str, str, str], pod: Any, other: Any, port: int) -> bool:
    kind, rules, peers = way
    about = [one for one in policies if kind in one["policyTypes"] and _selects(one["podSelector"], pod)]
    return not about or any(
        any(_is(peer, other) for peer in rule.get(peers, [{"podSelector": {}}]))
        and any(one["port"] == port for one in rule.get("ports", [{"port": port}]))
        for one in about
        for rule in one.get(rules, [])
    )


def _is(peer: Any, labels: dict[str, str]) -> bool:
    return "namespaceSelector" not in peer and "podSelector" in peer and _selects(peer["podSelector"], labels)


def _selects(selector: Any, labels: dict[str, str]) -> bool:
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    return wanted and all(labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", []))


@pytest.mark.parametrize(("source", "target", "port"), NEEDED)
def test_the_policies_let_through_what_the_cluster_tests_do(source: str, target: str, port: int) -> None:
    assert _lets(release_values(), source, target, port)


@pytest.mark.parametrize(
    ("source", "target", "port"), [("kafka", "worker", 8000), ("customers", "head", 8265), ("head", "kafka", 22)]
)
def test_the_policies_let_nothing_else_through(source: str, target: str, port: int) -> None:
    assert not _lets(release_values(), source, target, port)


def test_without_being_named_the_customers_are_kept_out() -> None:
    assert not _lets(values("small"), "customers", "worker", 8000)


def test_the_images_that_are_tried_are_those_that_are_made() -> None:
    told = subprocess.run(["make", "-n", "cluster-images"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"-t (\S+)", told)) == set(IMAGES)
    used = {one["spec"]["containers"][0]["image"] for one in _stores() if one["kind"] == "Pod"}
    assert used < set(IMAGES)


@pytest.mark.parametrize(
    ("environment", "enter"),
    [
        ({"KUBECONFIG": "/somewhere"}, ()),
        ({"ND_CLUSTER": "/rig", "ND_K8S": "/its-folder"}, ("/rig/in.sh", "/its-folder")),
    ],
)
def test_the_environment_names_the_cluster(environment: dict[str, str], enter: tuple[str, ...]) -> None:
    found = Cluster.given(environment)
    assert found is not None
    assert found.enter == enter


def test_how_images_are_loaded_is_the_rigs_or_said() -> None:
    rig = Cluster.given({"ND_CLUSTER": "/rig", "ND_K8S": "/its-folder"})
    kind = Cluster.given({"KUBECONFIG": "/somewhere", "ND_LOAD": "kind load docker-image"})
    assert rig is not None
    assert kind is not None
    assert (rig.load, kind.load) == (("/rig/load.sh",), ("kind", "load", "docker-image"))


@pytest.mark.parametrize("environment", [{}, {"ND_CLUSTER": "/rig"}, {"ND_K8S": "/its-folder"}])
def test_without_a_cluster_the_line_says_what_to_set(environment: dict[str, str]) -> None:
    assert Cluster.given(environment) is None
    guide = (Path(ROOT) / "CONTRIBUTING.md").read_text()
    for name in ("KUBECONFIG", "ND_CLUSTER", "ND_K8S", "make cluster-images"):
        assert name in NONE_GIVEN
        assert name in guide
