"""From the table to Ray Serve's options for a deployment."""

from __future__ import annotations

from typing import Any, TypeAlias

from serve_app.scaling.table import OnRequests, Scaled

Options: TypeAlias = dict[str, Any]
POLICIES = "serve_app.scaling.policies"

# Health checks are cheap, and Serve replaces a dead replica after one or two that fail: so they are frequent.
_CHECKS: Options = {"health_check_period_s": 2, "health_check_timeout_s": 15}


def options(one: Scaled) -> Options:
    """Return the options of a node on a machine that all share.

    CPU is stated, since Serve's default of one a replica never gets scheduled on two cores. Together 0.95.
    """
    return {**_common(one), "ray_actor_options": {"num_cpus": one.node.cpus}}


def cluster_options(one: Scaled) -> Options:
    """Return the options of a node that runs on its own worker group: a resource with its name, one a replica."""
    resources = {"num_cpus": one.node.cluster_cpus, "resources": {one.node.name: 1}}
    return {**_common(one), "ray_actor_options": resources}


def _common(one: Scaled) -> Options:
    node = one.node
    found: Options = {"name": node.name, **_CHECKS}
    if one.bounds.least == one.bounds.most:
        found["num_replicas"] = one.bounds.least
    else:
        found["autoscaling_config"] = _autoscaling(one)
    if node.calls is not None:
        found["max_ongoing_requests"] = node.calls
    if node.grace_s is not None:
        # Serve kills a replica at this timeout.
        found["graceful_shutdown_timeout_s"] = node.grace_s
    return found


def _autoscaling(one: Scaled) -> Options:
    signal, pace = one.node.signal, one.node.pace
    assert signal is not None, f"{one.node.name} has no signal"
    found: Options = {
        "min_replicas": one.bounds.least,
        "max_replicas": one.bounds.most,
        "upscale_delay_s": pace.up_s,
        "downscale_delay_s": pace.down_s,
        "look_back_period_s": pace.look_back_s,
        "metrics_interval_s": pace.report_s,
    }
    if isinstance(signal, OnRequests):
        return {**found, "target_ongoing_requests": signal.each}
    return {
        **found,
        "policy": {"policy_function": f"{POLICIES}:{signal.policy}", "policy_kwargs": dict(signal.arguments)},
    }
