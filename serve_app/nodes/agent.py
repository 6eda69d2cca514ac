"""The agent, with analysis at hand to embed a second query. It scales on the messages that wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray.serve.handle import DeploymentHandle

from db.operations.node_status import Status
from db.records import Analysis, Decision, Turn
from deployments.runtime import metrics
from deployments.runtime.run_times import RunTimes
from deployments.runtime.workload import WorkloadWatch, known
from serve_app.nodes.agent_builder import agent_node
from serve_app.nodes.agent_model import model_settings
from serve_app.nodes.remote_handles import RemoteAnalysis
from serve_app.nodes.startup import begin, links, open_pool, start_heartbeat
from serve_app.settings.app_args import AppArgs
from serve_app.settings.model import ModelPrice


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
            embedding_model=args.embedding_model,
            links=links(args),
            escalation_thresholds=args.escalation_thresholds,
            support=args.support,
        )
        self._prices = args.model.prices
        self._runs = RunTimes()
        self._workload = WorkloadWatch(self._pool)
        self._heartbeat = start_heartbeat(self._pool, "agent", status=self._status)

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        """As AgentNode.run."""
        with self._runs.timed():
            decision = await self._node.run(turn, analysis)
        count_usage(decision, self._prices)
        return decision

    async def draft(self, turn: Turn, analysis: Analysis) -> Decision:
        """As AgentNode.draft."""
        with self._runs.timed():
            decision = await self._node.draft(turn, analysis)
        count_usage(decision, self._prices)
        return decision

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Return what serve_app.scaling.policies.WaitingMessages reads."""
        work = self._workload.latest()
        return known(lag=work.lag if work else None, run_s=self._runs.mean_s)

    async def ready(self) -> None:
        """As AgentNode.ready."""
        await self._node.ready()

    def _status(self) -> tuple[Status, str]:
        metrics.record(metrics.IN_FLIGHT, self._runs.in_flight, node="agent")
        return self._node.health()

    async def __del__(self) -> None:
        await self._workload.stop()
        await self._heartbeat.stop()
        await self._pool.close()


def count_usage(decision: Decision, prices: Mapping[str, ModelPrice]) -> None:
    """Count the tokens of a turn and what they cost; the embedded model uses none."""
    given, taken = decision.usage.get("input_tokens", 0), decision.usage.get("output_tokens", 0)
    if not given and not taken:
        return
    metrics.record(metrics.TOKENS, given, model=decision.model, direction="input")
    metrics.record(metrics.TOKENS, taken, model=decision.model, direction="output")
    if price := prices.get(decision.model):
        metrics.record(metrics.COST, (given * price.input + taken * price.output) / 1_000_000, model=decision.model)
