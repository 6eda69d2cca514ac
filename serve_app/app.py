"""The Serve application: its deployments and which one calls which. What each takes: serve_app/scaling/table.py."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ray import serve
from ray.serve import Application

from serve_app.nodes.agent import AgentServer
from serve_app.nodes.analysis import AnalysisServer
from serve_app.nodes.connections import connections, require_room
from serve_app.nodes.delivery import DeliveryServer
from serve_app.nodes.identity import IdentityServer
from serve_app.nodes.ingest import IngestServer
from serve_app.nodes.ingress import IngressServer
from serve_app.nodes.reporting import ReportingServer
from serve_app.scaling import table
from serve_app.scaling.options import options
from serve_app.settings.app_args import AppArgs, app_args
from serve_app.settings.settings import load_settings


def graph(args: AppArgs | Mapping[str, Any]) -> Application:
    """Build the application. Arguments left out, as by `serve run serve_app.app:graph`, are read from the settings.

    Raises SettingsError, also when the nodes may open more connections than PostgreSQL accepts.
    """
    if not isinstance(args, AppArgs):
        args = AppArgs.model_validate({**app_args(load_settings()).model_dump(), **args})
    cores = os.cpu_count() or 1
    return _build(args, table.scaled(table.small(cores if args.embedded else 1), args.scaling_bounds))


def trial_graph(args: AppArgs) -> Application:
    """Build the application as `nightdesk bench scaling` measures it: it scales at loads that two cores reach."""
    return _build(args, table.trial())


def _build(args: AppArgs, nodes: Sequence[table.Scaled]) -> Application:
    table.require_partitions(nodes, args.kafka.partitions)
    require_room(args.database_url, connections(nodes), pool_size=args.db_pool_size)
    of = {one.node.name: options(one) for one in nodes}
    identity = serve.deployment(**of["identity"])(IdentityServer).bind(args)
    analysis = serve.deployment(**of["analysis"])(AnalysisServer).bind(args)
    agent = serve.deployment(**of["agent"])(AgentServer).bind(args, analysis)
    ingest = serve.deployment(**of["ingest"])(IngestServer).bind(args, identity, analysis, agent)
    delivery = serve.deployment(**of["delivery"])(DeliveryServer).bind(args)
    reporting = serve.deployment(**of["reporting"])(ReportingServer).bind(args, analysis)
    ingress = serve.deployment(**of["ingress"])(serve.ingress()(IngressServer))
    return ingress.bind(args, analysis, agent, ingest, delivery, reporting)
