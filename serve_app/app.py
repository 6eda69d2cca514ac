"""The Serve application: its deployments, the resources of each, and which one calls which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ray import serve
from ray.serve import Application

from deployments.ingress_node import PROBE_CONNECTIONS
from serve_app.nodes.agent import AgentServer
from serve_app.nodes.analysis import AnalysisServer
from serve_app.nodes.connections import NodeConnections, most_replicas, require_room
from serve_app.nodes.delivery import DeliveryServer
from serve_app.nodes.identity import IdentityServer
from serve_app.nodes.ingest import IngestServer
from serve_app.nodes.ingress import IngressServer
from serve_app.nodes.reporting import ReportingServer
from serve_app.settings import grace
from serve_app.settings.app_args import AppArgs, app_args
from serve_app.settings.settings import load_settings

Options: TypeAlias = dict[str, Any]

# CPU is stated: Serve's default of one a replica never gets scheduled on two cores. Together 0.95.
# Health checks are cheap, and Serve replaces a dead replica after one or two that fail: so they are frequent.
_CHECKS: Options = {"health_check_period_s": 2, "health_check_timeout_s": 15}
INGRESS: Options = {"name": "ingress", "ray_actor_options": {"num_cpus": 0.2}, "max_ongoing_requests": 512, **_CHECKS}
IDENTITY: Options = {"name": "identity", "ray_actor_options": {"num_cpus": 0.1}, "max_ongoing_requests": 64, **_CHECKS}
ANALYSIS: Options = {"name": "analysis", "ray_actor_options": {"num_cpus": 0.2}, "max_ongoing_requests": 64, **_CHECKS}
# Serve kills a replica at this timeout.
AGENT: Options = {
    "name": "agent",
    "ray_actor_options": {"num_cpus": 0.2},
    "max_ongoing_requests": 128,
    "graceful_shutdown_timeout_s": grace.AGENT_S,
    **_CHECKS,
}
DELIVERY: Options = {
    "name": "delivery",
    "ray_actor_options": {"num_cpus": 0.1},
    "graceful_shutdown_timeout_s": grace.DELIVERY_S,
    **_CHECKS,
}
INGEST: Options = {
    "name": "ingest",
    "ray_actor_options": {"num_cpus": 0.1},
    "graceful_shutdown_timeout_s": grace.INGEST_S,
    **_CHECKS,
}
REPORTING: Options = {"name": "reporting", "ray_actor_options": {"num_cpus": 0.05}, **_CHECKS}


def graph(args: AppArgs | Mapping[str, Any]) -> Application:
    """Build the application. Arguments left out, as by `serve run serve_app.app:graph`, are read from the settings.

    Raises SettingsError, also when the nodes may open more connections than PostgreSQL accepts.
    """
    if not isinstance(args, AppArgs):
        args = AppArgs.model_validate({**app_args(load_settings()).model_dump(), **args})
    require_room(args.database_url, connections(), pool_size=args.db_pool_size)
    identity = serve.deployment(**IDENTITY)(IdentityServer).bind(args)
    analysis = serve.deployment(**ANALYSIS)(AnalysisServer).bind(args)
    agent = serve.deployment(**AGENT)(AgentServer).bind(args, analysis)
    ingest = serve.deployment(**INGEST)(IngestServer).bind(args, identity, analysis, agent)
    delivery = serve.deployment(**DELIVERY)(DeliveryServer).bind(args)
    reporting = serve.deployment(**REPORTING)(ReportingServer).bind(args)
    ingress = serve.deployment(**INGRESS)(serve.ingress()(IngressServer))
    return ingress.bind(args, ingest, delivery, reporting)


def connections() -> list[NodeConnections]:
    """Return what each node opens to PostgreSQL: a pool; the ingress probes, too; analysis has a heartbeat only."""
    pooled = (IDENTITY, AGENT, INGEST, DELIVERY, REPORTING)
    return [
        NodeConnections(node="ingress", replicas=most_replicas(INGRESS), pools=1, more=PROBE_CONNECTIONS),
        *(NodeConnections(node=options["name"], replicas=most_replicas(options), pools=1) for options in pooled),
        NodeConnections(node="analysis", replicas=most_replicas(ANALYSIS), pools=0, more=1),
    ]
