"""A member of the consumer group, with the pipeline behind it. It scales on the group's lag."""

from __future__ import annotations

from typing import Any

from ray.serve.handle import DeploymentHandle

from deployments.ingest_node import IngestNode
from deployments.runtime.workload import WorkloadWatch, known
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
        pool = await open_pool(args)
        self._workload = WorkloadWatch(pool)
        self._node = IngestNode(
            pool=pool,
            kafka=args.kafka,
            identity=RemoteIdentity(identity),
            analysis=RemoteAnalysis(analysis),
            agent=RemoteAgent(agent),
            links=links(args),
            approval=args.support.agent_mode == "draft",
        )

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Return what serve_app.scaling.policies.ConsumerLag reads."""
        work = self._workload.latest()
        return known(lag=work.lag, partitions=work.partitions) if work else {}

    async def check_health(self) -> None:
        """Raise when a task has died: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._workload.stop()
        await self._node.close()
