"""The agent, with analysis at hand to embed a second query."""

from __future__ import annotations

from typing import Any

from ray.serve.handle import DeploymentHandle

from db.ids import new_id
from db.records import Analysis, Decision, Turn
from deployments.agent.runner import AgentNode, ModelSettings
from deployments.escalation import EscalationRules
from deployments.heartbeat import Heartbeat
from embeddings.relevance import RelevanceGate
from serve_app.handles import RemoteAnalysis
from serve_app.nodes.common import begin, links, open_pool
from serve_app.settings import AppArgs, ModelArgs


class AgentServer:
    """deployments.agent, as a replica."""

    async def __init__(self, args: AppArgs, analysis: DeploymentHandle[Any]) -> None:  # type: ignore[misc]
        begin(args, "agent")
        self._pool = await open_pool(args)
        self._node = AgentNode(
            pool=self._pool,
            embed_query=RemoteAnalysis(analysis).embed_query,
            model=_settings(args.model),
            gate=RelevanceGate.load(),
            rules=EscalationRules(args.escalation_thresholds),
            links=links(args),
        )
        self._heartbeat = Heartbeat(pool=self._pool, node="agent", replica=str(new_id()), status=self._node.health)
        self._heartbeat.start()

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        """As AgentNode.run."""
        return await self._node.run(turn, analysis)

    async def __del__(self) -> None:
        await self._heartbeat.stop()
        await self._pool.close()


def _settings(model: ModelArgs) -> ModelSettings:
    key = model.api_key.get_secret_value() if model.api_key else None
    return ModelSettings(
        api_key=key, base_url=model.base_url, name=model.name, api=model.api, timeout_s=model.timeout_s
    )
