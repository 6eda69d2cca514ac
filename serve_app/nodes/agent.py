"""The agent, with analysis at hand to embed a second query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ray.serve.handle import DeploymentHandle

from db.ids import new_id
from db.records import Analysis, Decision, Queue, Severity, Turn
from deployments.agent.runner import AgentNode
from deployments.escalation import EscalationRules
from deployments.heartbeat import Heartbeat
from deployments.support_hours import ServiceLevels
from embeddings.relevance import RelevanceGate
from serve_app.agent_model import model_settings
from serve_app.handles import RemoteAnalysis
from serve_app.nodes.common import begin, links, open_pool
from serve_app.settings import AppArgs
from serve_app.support_args import SupportArgs


class AgentServer:
    """deployments.agent, as a replica."""

    async def __init__(self, args: AppArgs, analysis: DeploymentHandle[Any]) -> None:  # type: ignore[misc]
        begin(args, "agent")
        self._pool = await open_pool(args)
        self._node = AgentNode(
            pool=self._pool,
            embed_query=RemoteAnalysis(analysis).embed_query,
            model=model_settings(args.model),
            gate=RelevanceGate.load(),
            rules=EscalationRules(args.escalation_thresholds),
            links=links(args),
            answers=args.support.agent_mode != "off",
            back=_back(args.support),
        )
        self._heartbeat = Heartbeat(pool=self._pool, node="agent", replica=str(new_id()), status=self._node.health)
        self._heartbeat.start()

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        """As AgentNode.run."""
        return await self._node.run(turn, analysis)

    async def __del__(self) -> None:
        await self._heartbeat.stop()
        await self._pool.close()


def _back(support: SupportArgs) -> Callable[[Severity, Queue], str | None]:
    levels = ServiceLevels.parse(support.hours, support.timezone, support.sla_hours)
    return lambda severity, queue: levels.back(severity, queue, datetime.now(UTC))
