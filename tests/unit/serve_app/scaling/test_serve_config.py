"""S2: `nightdesk serve-config` is the table's own graph in Ray's words, and what can't hold is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ray.serve.config import AutoscalingConfig
from ray.serve.schema import ServeDeploySchema
from typer.testing import CliRunner

from serve_app.cli.main import app
from serve_app.cli.serve_config.document import check, document
from serve_app.embedded.base.errors import UserError
from serve_app.scaling import table
from serve_app.settings.settings import SettingsError

RUNNER = CliRunner()


def printed(*arguments: str) -> dict[str, Any]:
    """What the command prints, read as YAML."""
    result = RUNNER.invoke(app, ["serve-config", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = yaml.safe_load(result.stdout)
    return found


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)


def test_s2_the_clusters_bounds_and_a_resource_of_its_own_for_each_node() -> None:
    config = printed("--cluster", "--max-connections", "1000")
    [application] = ServeDeploySchema.model_validate(config).applications
    bounds, resources = {}, {}
    for one in application.deployments:
        given = one.autoscaling_config
        scale = AutoscalingConfig.model_validate(given) if isinstance(given, dict) else None
        bounds[one.name] = (scale.min_replicas, scale.max_replicas) if scale else (one.num_replicas,) * 2
        resources[one.name] = one.ray_actor_options.resources
    assert {name: bounds[name] for name in ("ingress", "ingest", "agent", "reporting")} == {
        "ingress": (3, 20),
        "ingest": (3, 30),
        "agent": (3, 30),
        "reporting": (1, 1),
    }
    assert resources == {name: {name: 1} for name in table.NAMES}
    # The graph adds up its connections by the bounds in its arguments: they must be those that Serve is given.
    assert application.args["scaling_bounds"] == {name: list(pair) for name, pair in bounds.items()}


def test_s2_wanted_bounds_reach_both_places() -> None:
    application = printed("--cluster", "--bounds", "agent=2:5")["applications"][0]
    [agent] = [one for one in application["deployments"] if one["name"] == "agent"]
    assert (agent["autoscaling_config"]["min_replicas"], agent["autoscaling_config"]["max_replicas"]) == (2, 5)
    assert application["args"]["scaling_bounds"]["agent"] == [2, 5]


@pytest.mark.parametrize(
    ("setting", "value", "arguments", "complaint"),
    [
        ("SCALING_BOUNDS", '{"agent": [5, 2]}', [], "SCALING_BOUNDS: 5 to 2"),
        ("SCALING_BOUNDS", '{"agents": [1, 2]}', [], "SCALING_BOUNDS: 'agents' is no node"),
        ("SCALING_BOUNDS", '{"reporting": [1, 2]}', [], "SCALING_BOUNDS: reporting runs exactly once"),
        ("KAFKA_PARTITIONS", "29", [], "KAFKA_PARTITIONS: 29, but up to 30 ingest replicas"),
        ("DB_POOL_SIZE", "6", ["--max-connections", "600"], "DB_POOL_SIZE: ingress 20 × 7 + identity 10 × 6"),
    ],
)
def test_s2_what_cannot_hold_is_refused(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, arguments: list[str], complaint: str
) -> None:
    monkeypatch.setenv(setting, value)
    with pytest.raises(SettingsError) as told:
        RUNNER.invoke(app, ["serve-config", "--cluster", *arguments], catch_exceptions=False)
    assert str(told.value).startswith(complaint)


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("http_options",),
        ("applications", 0),
        ("applications", 0, "deployments", 0),
        ("applications", 0, "deployments", 0, "autoscaling_config"),
        ("applications", 0, "deployments", 3, "autoscaling_config", "policy"),
        ("applications", 0, "deployments", 0, "ray_actor_options"),
    ],
)
def test_s2_a_key_that_ray_does_not_know_is_found_wherever_it_stands(path: tuple[str | int, ...]) -> None:
    """Ray's own schema lets each of these pass."""
    config: Any = document(table.scaled(table.cluster(), {}), on_cluster=True)
    check(config)
    place = config
    for step in path:
        place = place[step]
    place["max_replica"] = 3
    ServeDeploySchema.model_validate(config)
    with pytest.raises(UserError, match="max_replica"):
        check(config)


@pytest.mark.parametrize("cores", [1, 2, 8, 64])
def test_one_machine_gets_one_of_each_and_more_only_with_cores(cores: int) -> None:
    bounds = table.small(cores)
    least = dict.fromkeys(table.NAMES, 1) | {"ingress": {1: 1, 2: 1, 8: 2, 64: 2}[cores]}
    assert {name: pair.least for name, pair in bounds.items()} == least
    assert bounds["agent"].most == {1: 1, 2: 1, 8: 4, 64: 4}[cores]
    assert bounds["reporting"].most == 1
    reserved = sum(node.cpus * bounds[node.name].most for node in table.NODES)
    assert reserved <= max(1, cores)
    check(document(table.scaled(bounds, {}), on_cluster=False))


def test_the_trial_scales_every_node_but_the_one_that_runs_once() -> None:
    nodes = table.trial()
    check(document(nodes, on_cluster=False))
    assert {one.node.name for one in nodes if one.bounds.most == 1} == {"reporting"}
    assert sum(one.node.cpus * one.bounds.most for one in nodes) <= 2  # so that two cores have room for all at once
