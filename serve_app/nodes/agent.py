"""The agent, with analysis at hand to embed a second query."""

from __future__ import annotations

from typing import Any

from ray.serve.handle import DeploymentHandle

from db.records import Analysis, Decision, Turn
from serve_app.nodes.agent_builder import agent_node
from serve_app.nodes.agent_model import model_settings
from serve_app.nodes.remote_handles import RemoteAnalysis
from serve_app.nodes.startup import begin, links, open_pool, start_heartbeat
from serve_app.settings.app_args import AppArgs


class AgentServer:
    """deployments.agent, as a replica."""

    async def __init__(self, args: AppArgs, analysis: DeploymentHandle[Any]) -> None:  # type: ignore[misc]
        begin(args, "agent")
        self._pool = await open_pool(args)
        self._node = agent_node(
            pool=self._pool,
            analysis=RemoteAnalysis(analysis),
            model=model_settings(args.model),
            company=args.company,
            links=links(args),
            escalation_thresholds=args.escalation_thresholds,
            support=args.support,
        )
        self._heartbeat = start_heartbeat(self._pool, "agent", status=self._node.health)

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        """As AgentNode.run."""
        return await self._node.run(turn, analysis)

    async def ready(self) -> None:
        """As AgentNode.ready."""
        await self._node.ready()

    async def __del__(self) -> None:
        await self._heartbeat.stop()
        await self._pool.close()
