"""The chart renders for every value set, and what it renders is what Kubernetes, KubeRay and Ray take (S2)."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import helm_python as helm
import jsonschema
import kubernetes_validate
import pytest
import yaml

from serve_app.cli.serve_config.command import RESERVED
from serve_app.cli.serve_config.document import check, document
from serve_app.embedded.base import haproxy
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.environment import ray_environment
from serve_app.nodes.connections import OTHERS, connections
from serve_app.scaling import table
from serve_app.settings import grace
from serve_app.settings.settings import DB_POOL_SIZE, Settings
from tests.unit.kuberay.charts import CHART, VALUE_SETS, find, pod_specs, render, resources, serve_config, values

DATA = Path(__file__).parents[2] / "data" / "kuberay"
KUBERNETES = ("1.32", "1.34", "1.36")
# Kinds of operators, which Kubernetes' own schemas don't know.
CUSTOM = {
    "RayService", "Cluster", "ScheduledBackup", "Kafka", "KafkaNodePool", "KafkaTopic", "PodMonitor", "ServiceMonitor",
    "PrometheusRule",
}  # fmt: skip
OPERATORS = 10
"""What CloudNativePG's instance manager opens for roles, probes, figures and backups: three a database, some room."""
CONNECTIONS = """\
# Made of serve_app/scaling/table.py by `pytest tests/unit/kuberay --rewrite-golden`. A replica of a node opens to
# PostgreSQL: `pools` of DB_POOL_SIZE (`poolSize` unless set) and `more`. Beside them: `others` for commands, `reserved`
# for superusers, `operator` for CloudNativePG.
"""
MISSING_OPERATOR = "chart directory is missing these dependencies: kuberay-operator"


@pytest.mark.parametrize("name", VALUE_SETS)
def test_lint_finds_nothing(name: str) -> None:
    """The operator's chart is fetched by `helm dependency build`; without it that is all that is missing."""
    found = helm.lint(CHART, values(name), strict=True)
    assert [error for error in found["errors"] if error != MISSING_OPERATOR] == []


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("name", VALUE_SETS)
def test_kubernetes_knows_every_field(name: str, version: str) -> None:
    for one in resources(name):
        if one["kind"] not in CUSTOM:
            kubernetes_validate.validate(one, version, strict=True)


@cache
def _rayservice() -> Any:
    schema = json.loads((DATA / "rayservice-v1.schema.json").read_text())
    return jsonschema.validators.validator_for(schema)(schema)


@pytest.mark.parametrize("name", VALUE_SETS)
def test_kuberay_knows_every_field(name: str) -> None:
    found = [f"{list(error.path)}: {error.message}" for error in _rayservice().iter_errors(find(name, "RayService"))]
    assert found == []


def test_a_field_that_kuberay_does_not_know_is_found() -> None:
    service = json.loads(json.dumps(find("small", "RayService")))
    service["spec"]["rayClusterConfig"]["headGroupSpec"]["rayStartParameters"] = {}
    assert list(_rayservice().iter_errors(service))


@pytest.mark.parametrize("name", VALUE_SETS)
def test_ray_serve_knows_every_option(name: str) -> None:
    check(serve_config(name))


def test_the_configuration_is_what_the_command_writes() -> None:
    """`nightdesk serve-config --cluster > kuberay/files/serve-config.yaml` after a change of the table."""
    written = yaml.safe_load((CHART / "files" / "serve-config.yaml").read_text())
    assert written == document(table.scaled(table.cluster(), {}), on_cluster=True)


def test_the_connections_are_those_of_the_table(request: pytest.FixtureRequest) -> None:
    """`pytest tests/unit/kuberay --rewrite-golden` writes kuberay/files/connections.yaml anew."""
    path = CHART / "files" / "connections.yaml"
    nodes = {node.name: {"pools": node.pools, "more": node.more_connections} for node in table.NODES}
    known = {"poolSize": DB_POOL_SIZE, "others": OTHERS, "reserved": RESERVED, "operator": OPERATORS, "nodes": nodes}
    text = CONNECTIONS + yaml.safe_dump(known, sort_keys=False)
    if request.config.getoption("--rewrite-golden", default=False):
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize(("pool_size", "bounds"), [(None, {}), ("2", {}), ("9", {"agent": (1, 7), "ingest": (2, 3)})])
def test_a_bundled_database_has_room_for_every_replica(pool_size: str | None, bounds: dict[str, Any]) -> None:
    """The sum is the one that the start refuses, and one connection less than it is refused before the install."""
    opened = connections(table.scaled(table.cluster(), bounds))
    needed = sum(one.total(int(pool_size or DB_POOL_SIZE)) for one in opened) + OTHERS + RESERVED + OPERATORS
    given = _merged(
        values("bundled"),
        {
            "config": {"DB_POOL_SIZE": pool_size} if pool_size else {},
            "nodes": {name: {"minReplicas": least, "maxReplicas": most} for name, (least, most) in bounds.items()},
        },
    )
    assert render(_merged(given, {"database": {"cloudnativepg": {"maxConnections": needed}}}))
    with pytest.raises(helm.HelmError, match=rf"database\.cloudnativepg\.maxConnections: .* {needed} or more"):
        render(_merged(given, {"database": {"cloudnativepg": {"maxConnections": needed - 1}}}))


def test_bounds_in_values_are_those_of_serve_of_the_group_and_of_the_sums() -> None:
    config = serve_config("managed")["applications"][0]
    agent = next(one for one in config["deployments"] if one["name"] == "agent")
    group = next(one for one in _groups("managed") if one["groupName"] == "agent")
    assert (agent["autoscaling_config"]["min_replicas"], agent["autoscaling_config"]["max_replicas"]) == (6, 30)
    assert (group["minReplicas"], group["maxReplicas"]) == (6, 30)
    assert config["args"]["scaling_bounds"]["agent"] == [6, 30]


def test_ray_serve_logs_from_the_same_level_on() -> None:
    config = serve_config("managed")
    assert (
        config["logging_config"]["log_level"] == config["applications"][0]["logging_config"]["log_level"] == "WARNING"
    )


@pytest.mark.parametrize("name", VALUE_SETS)
def test_every_replica_fits_into_a_pod_of_one_group(name: str) -> None:
    """A replica that no group offers room for would wait for ever."""
    offers = [group["resources"] for group in _groups(name)]
    for deployment in serve_config(name)["applications"][0]["deployments"]:
        wanted = deployment["ray_actor_options"]
        fitting = [
            offer for offer in offers
            if float(offer["CPU"]) >= wanted["num_cpus"]
            and all(float(offer.get(kind, 0)) >= amount for kind, amount in wanted["resources"].items())
        ]  # fmt: skip
        assert len(fitting) == 1, deployment["name"]


@pytest.mark.parametrize("name", VALUE_SETS)
def test_every_container_is_restricted_and_states_what_it_needs(name: str) -> None:
    """As the restricted Pod Security Standard demands, and with a read-only root file system."""
    for owner, spec in pod_specs(resources(name)):
        assert spec["securityContext"]["runAsNonRoot"], owner
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, owner
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, owner
            assert security["readOnlyRootFilesystem"] is True, owner
            assert security["capabilities"] == {"drop": ["ALL"]}, owner
            for kind in ("requests", "limits"):
                assert {"cpu", "memory"} <= container["resources"][kind].keys(), (owner, kind)


@pytest.mark.parametrize("name", VALUE_SETS)
def test_only_the_head_may_call_kubernetes(name: str) -> None:
    for owner, spec in pod_specs(resources(name)):
        if not owner.endswith(" head"):
            assert spec["automountServiceAccountToken"] is False, owner


@pytest.mark.parametrize("name", [name for name in VALUE_SETS if name != "trial"])
def test_no_secret_is_in_what_is_installed(name: str) -> None:
    assert not [one for one in resources(name) if one["kind"] == "Secret"]


def test_every_pod_is_closed_and_opened_on_purpose() -> None:
    policies = [one for one in resources("bundled") if one["kind"] == "NetworkPolicy"]
    deny = next(one for one in policies if one["metadata"]["name"].endswith("-deny"))
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & deny["spec"].keys()
    dashboard = [
        rule
        for one in policies
        for rule in one["spec"].get("ingress", [])
        if any(port["port"] in (8265, 10001) for port in rule.get("ports", []))
    ]
    operator = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kuberay-operator"}}}
    assert [rule["from"] for rule in dashboard] == [[operator]]


@pytest.mark.parametrize("name", [name for name in VALUE_SETS if name != "trial"])
def test_only_the_heads_policy_leads_to_the_kubernetes_api(name: str) -> None:
    """Where its address is not named, the ports at least are; no other pod is let out to everywhere."""
    unlimited = {
        (one["metadata"]["name"], tuple(port["port"] for port in rule.get("ports", ())))
        for one in resources(name)
        if one["kind"] == "NetworkPolicy"
        for rule in one["spec"].get("egress", [])
        if not rule.get("to")
    }
    assert unlimited == (set() if name == "managed" else {("nightdesk-head", (443, 6443))})
    head = find(name, "NetworkPolicy", "-head")["spec"]["podSelector"]["matchLabels"]
    groups = [group["template"]["metadata"]["labels"] for group in _groups(name)]
    assert not [labels for labels in groups if head.items() <= labels.items()]


def test_the_kubernetes_api_is_called_only_where_it_is_said_to_be() -> None:
    rule = find("managed", "NetworkPolicy", "-head")["spec"]["egress"][0]
    api = {"to": [{"ipBlock": {"cidr": "10.0.0.10/32"}}], "ports": [{"port": 6443, "protocol": "TCP"}]}
    assert rule == api


def test_ray_runs_as_nightdesk_up_runs_it(tmp_path: Path) -> None:
    """Variables by which Ray behaves otherwise than by default; KubeRay itself sets those of the token."""
    (tmp_path / "secrets").mkdir()
    wanted = ray_environment(DataDir(tmp_path), base={"PATH": "/bin"}) | haproxy.ON
    elsewhere = {"PATH", "NIGHTDESK_DATA_DIR", "PYTHONPATH", "NO_PROXY", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN_PATH"}
    here = ("RAY_ROTATION", "RAY_START_HOOK", "RAY_ENABLE_WINDOWS", "RAY_SERVE_PROXY_READY")
    one_machine = {name for name in wanted if name.startswith(here)}
    in_the_image = {"PYTHONUNBUFFERED", "OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM"}
    # On a cluster load balancers are given Serve's time to learn of a replica that goes.
    balancers = {"RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S"}
    shared = wanted.keys() - elsewhere - one_machine - in_the_image - balancers
    for owner, spec in pod_specs(resources("small")):
        if owner.startswith("RayService"):
            env = {one["name"]: one.get("value", "") for one in spec["containers"][0]["env"]}
            assert {name: env.get(name) for name in shared} == {name: wanted[name] for name in shared}, owner


@pytest.mark.parametrize("name", VALUE_SETS)
def test_the_operator_writes_the_worker_groups_back_as_they_are(name: str) -> None:
    """Its first update leaves out empty values and adds `scaleStrategy`; whatever it changes, it then owns."""
    for group in find(name, "RayService")["spec"]["rayClusterConfig"]["workerGroupSpecs"]:
        assert group["scaleStrategy"] == {}
        assert [
            one["name"] for one in group["template"]["spec"]["containers"][0]["env"] if one.get("value") == ""
        ] == []


@pytest.mark.parametrize("name", VALUE_SETS)
def test_a_drain_is_bounded_by_whole_numbers(name: str) -> None:
    """Of pods that no scale subresource counts, Kubernetes takes `minAvailable` alone."""
    budgets = [one["spec"] for one in resources(name) if one["kind"] == "PodDisruptionBudget"]
    assert all(isinstance(one["minAvailable"], int) and "maxUnavailable" not in one for one in budgets)
    assert budgets or name == "small"


@pytest.mark.parametrize("name", VALUE_SETS)
def test_the_configuration_knows_only_settings(name: str) -> None:
    known = {field.upper() for field in Settings.model_fields}
    assert find(name, "ConfigMap")["data"].keys() <= known


def test_a_worker_has_time_to_finish_a_turn() -> None:
    for group in _groups("bundled"):
        assert group["template"]["spec"]["terminationGracePeriodSeconds"] > grace.LONGEST_S


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
        ({"nodes": {"agents": {}}}, "agents"),
        ({"nodes": {"agent": {"minReplicas": 31}}}, "nodes.agent.minReplicas"),
        ({"nodes": {"reporting": {"maxReplicas": 2}}}, "maxReplicas"),
        ({"secrets": {"existingSecret": ""}}, "secrets.existingSecret"),
        ({"database": {"external": {"existingSecret": ""}}}, "database.external.existingSecret"),
        ({"kafka": {"external": {"bootstrapServers": "broker"}}}, "bootstrapServers"),
        ({"kafka": {"mode": "strimzi", "partitions": 1}}, "kafka.partitions"),
        ({"config": {"KAFKA_PARTITIONS": "1"}}, "config.KAFKA_PARTITIONS"),
        ({"nodes": {"agent": {"maxReplicas": 9}}}, "nodes.agent.maxReplicas"),
        ({"config": {"log-level": "INFO"}}, "log-level"),
        ({"networkPolicies": {"apiServerPorts": []}}, "apiServerPorts"),
        ({"ingress": {"enabled": True}}, "ingress.host"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(changed: dict[str, Any], key: str) -> None:
    with pytest.raises(helm.HelmError) as refused:
        render(_merged(values("small"), changed))
    assert key in str(refused.value)


def test_the_external_secret_has_what_the_guide_asks_for() -> None:
    """Otherwise whoever follows both gets pods that can't start."""
    guide = (CHART.parent / "docs" / "deployment.md").read_text()
    example = yaml.safe_load((CHART / "examples" / "external-secret.yaml").read_text())
    asked = set(re.findall(r"--from-literal=([A-Z_]+)=", guide))
    assert len(asked) >= 5
    assert asked <= {one["secretKey"] for one in example["spec"]["data"]}


GOLDEN = {
    "small": ("RayService",),
    "managed": ("RayService", "NetworkPolicy", "ConfigMap"),
    "bundled": ("RayService", "Cluster", "Kafka", "KafkaTopic", "Ingress", "Job", "NetworkPolicy", "PrometheusRule"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_changes_of_what_is_rendered_are_seen(name: str, request: pytest.FixtureRequest) -> None:
    """A reviewer sees the change in tests/data/kuberay/golden; `--rewrite-golden` accepts it."""
    chosen = [one for one in resources(name) if one["kind"] in GOLDEN[name]]
    text = yaml.safe_dump_all(chosen, sort_keys=True, width=120)
    path = DATA / "golden" / f"{name}.yaml"
    if request.config.getoption("--rewrite-golden", default=False):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text


def _groups(name: str) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = find(name, "RayService")["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    return groups


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    merged = dict(first)
    for key, value in second.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
