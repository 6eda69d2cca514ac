"""The agent, with analysis at hand to embed a second query."""

from __future__ import annotations

from typing import Any

from ray.serve.handle import DeploymentHandle

from db.ids import new_id
from db.records import Analysis, Decision, Turn
from deployments.runtime.heartbeat import Heartbeat
from serve_app.nodes.agent_builder import agent_node
from serve_app.nodes.agent_model import model_settings
from serve_app.nodes.remote_handles import RemoteAnalysis
from serve_app.nodes.startup import begin, links, open_pool
from serve_app.settings.app_args import AppArgs


class AgentServer:
    """deployments.agent, as a replica."""

    async def __init__(self, args: AppArgs, analysis: DeploymentHandle[Any]) -> None:  # type: ignore[misc]
        begin(args, "agent")
        self._pool = await open_pool(args)
        self._node = agent_node(
            pool=self._pool,
            embed_query=RemoteAnalysis(analysis).embed_query,
            model=model_settings(args.model),
            links=links(args),
            escalation_thresholds=args.escalation_thresholds,
            support=args.support,
        )
        self._heartbeat = Heartbeat(pool=self._pool, node="agent", replica=str(new_id()), status=self._node.health)
        self._heartbeat.start()

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        """As AgentNode.run."""
        return await self._node.run(turn, analysis)

    async def ready(self) -> None:
        """As AgentNode.ready."""
        await self._node.ready()

    async def __del__(self) -> None:
        await self._heartbeat.stop()
        await self._pool.close()
