"""A member of the consumer group, with the pipeline behind it."""

from __future__ import annotations

from typing import Any

from ray.serve.handle import DeploymentHandle

from deployments.ingest_node import IngestNode
from serve_app.nodes.remote_handles import RemoteAgent, RemoteAnalysis, RemoteIdentity
from serve_app.nodes.startup import begin, links, open_pool
from serve_app.settings.app_args import AppArgs


class IngestServer:
    """deployments.ingest_node, as a replica."""

    async def __init__(  # type: ignore[misc]
        self,
        args: AppArgs,
        identity: DeploymentHandle[Any],
        analysis: DeploymentHandle[Any],
        agent: DeploymentHandle[Any],
    ) -> None:
        begin(args, "ingest")
        self._node = IngestNode(
            pool=await open_pool(args),
            kafka=args.kafka,
            identity=RemoteIdentity(identity),
            analysis=RemoteAnalysis(analysis),
            agent=RemoteAgent(agent),
            links=links(args),
            approval=args.support.agent_mode == "draft",
        )

    async def check_health(self) -> None:
        """Raise when a task has died: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._node.close()
