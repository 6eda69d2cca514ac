"""S5: how many replicas each policy asks for, called as Ray Serve's controller calls it, with Serve's own contexts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ray.serve._private.common import DeploymentID, TimeStampedValue
from ray.serve._private.config import DeploymentConfig
from ray.serve.autoscaling_policy import _apply_autoscaling_config
from ray.serve.config import AutoscalingConfig, AutoscalingContext

from serve_app.scaling import table
from serve_app.scaling.options import options
from serve_app.scaling.policies import FRESH_S

NOW = 1_000_000.0
NODES = {one.node.name: one for one in table.scaled(table.cluster(), {})}


def policy_of(node: str) -> Callable[[AutoscalingContext], Any]:
    """The policy of a node as it reaches the controller: by value, made with its arguments from the table."""
    config = AutoscalingConfig(**options(NODES[node])["autoscaling_config"])
    sent = DeploymentConfig.from_proto_bytes(
        DeploymentConfig(autoscaling_config=config, max_ongoing_requests=100).to_proto_bytes()  # type: ignore[no-untyped-call]
    )
    assert sent.autoscaling_config is not None
    policy = sent.autoscaling_config.policy
    return policy.get_policy()(**policy.policy_kwargs)  # type: ignore[no-any-return]


def context(node: str, figures: dict[str, float], *, now: int = 4, calls: float = 0.0, age_s: float = 1.0) -> Any:
    """A context in which one replica of `now` reported the figures `age_s` seconds ago."""
    least, most = NODES[node].bounds.least, NODES[node].bounds.most
    series = {name: {"one": [TimeStampedValue(NOW - age_s, value)]} for name, value in figures.items()}
    return AutoscalingContext(
        deployment_id=DeploymentID(name=node, app_name="nightdesk"),
        deployment_name=node,
        app_name="nightdesk",
        current_num_replicas=now,
        target_num_replicas=now,
        running_replicas=[],
        total_num_requests=calls,
        total_queued_requests=0.0,
        aggregated_metrics={},
        raw_metrics=lambda: series,  # type: ignore[arg-type,return-value]
        capacity_adjusted_min_replicas=least,
        capacity_adjusted_max_replicas=most,
        policy_state={},
        last_scale_up_time=None,
        last_scale_down_time=None,
        current_time=NOW,
        config=AutoscalingConfig(**options(NODES[node])["autoscaling_config"]),
    )


@pytest.mark.parametrize(
    ("node", "figures", "calls", "asked"),
    [
        # 5,400 waiting at 2 s a run are 10,800 s of work: 4 replicas of 90 at a time do it in 30 s.
        ("agent", {"lag": 5_400, "run_s": 2.0}, 0, 4),
        ("agent", {"lag": 5_401, "run_s": 2.0}, 0, 5),
        # Nothing waits beyond what runs: 181 runs take three.
        ("agent", {"lag": 181, "run_s": 2.0}, 181, 3),
        ("agent", {"lag": 0}, 0, 1),
        ("ingest", {"lag": 0, "partitions": 30}, 0, 1),
        ("ingest", {"lag": 641, "partitions": 30}, 0, 11),
        ("ingest", {"lag": 100_000, "partitions": 12}, 0, 12),
        ("delivery", {"outbox_age_s": 15.0}, 0, 6),
        ("delivery", {"outbox_age_s": 500.0}, 0, 8),
        ("delivery", {"outbox_age_s": 7.0}, 0, 4),
        ("delivery", {"outbox_age_s": 0.0}, 0, 3),
    ],
)
def test_s5_replicas_follow_the_work(node: str, figures: dict[str, float], calls: float, asked: int) -> None:
    assert policy_of(node)(context(node, figures, calls=calls))[0] == asked


@pytest.mark.parametrize(
    ("node", "figures"),
    [
        ("agent", {}),
        ("agent", {"run_s": 2.0}),
        ("agent", {"lag": 900}),
        ("ingest", {"lag": 900}),
        ("ingest", {"partitions": 30}),
        ("delivery", {}),
    ],
)
def test_s5_a_policy_holds_still_while_something_is_not_known(node: str, figures: dict[str, float]) -> None:
    assert policy_of(node)(context(node, figures, now=7))[0] == 7
    complete = {"lag": 100_000.0, "run_s": 60.0, "partitions": 30.0, "outbox_age_s": 600.0}
    assert policy_of(node)(context(node, complete, now=7, age_s=FRESH_S + 1))[0] == 7
    assert policy_of(node)(context(node, complete, now=7))[0] > 7


def test_s5_a_wish_is_followed_once_it_has_lasted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve's own delays stand around our policies: a peak of a second moves nothing."""
    clock = NOW
    monkeypatch.setattr("ray.serve.autoscaling_policy.time.time", lambda: clock)
    decide = _apply_autoscaling_config(policy_of("ingest"))
    state: dict[str, Any] = {}
    seen = []
    for second, lag in ((0, 0), (1, 900), (2, 0), (10, 900), (39, 900), (41, 900)):
        clock = NOW + second
        asked = context("ingest", {"lag": lag, "partitions": 30}, now=3)
        asked.policy_state, asked.current_time = state, NOW
        replicas, state = decide(asked)
        seen.append(replicas)
    assert seen == [3, 3, 3, 3, 3, 15]
