"""The ingress node: the HTTP API, on Ray Serve's proxy."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import Any

from ray.serve.handle import DeploymentHandle

from deployments.ingress_node import IngressNode
from serve_app.api.build import DraftingNodes, build_for
from serve_app.nodes.remote_handles import RemoteAgent, RemoteAnalysis
from serve_app.nodes.startup import begin
from serve_app.settings.app_args import AppArgs


class IngressServer(IngressNode):
    """`analysis` and `agent` draft what the staff ask for. The other handles are taken so that their nodes belong to
    the application."""

    def __init__(
        self,
        args: AppArgs,
        analysis: DeploymentHandle[Any],
        agent: DeploymentHandle[Any],
        *_also_run: DeploymentHandle[Any],
    ) -> None:
        begin(args, "ingress", steps_aside=False)
        drafting = DraftingNodes(analysis=RemoteAnalysis(analysis), agent=RemoteAgent(agent))
        super().__init__(
            build_app=partial(build_for, args, version("nightdesk"), drafting=drafting),
            database_url=args.database_url,
            pool_size=args.db_pool_size,
            kafka=args.kafka,
        )
