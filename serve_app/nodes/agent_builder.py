"""Builds the agent node, for the graph's replica and for `nightdesk mcp` beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from db.pool import Pool
from db.records import Queue, Severity
from deployments.agent.decision import BackAt
from deployments.agent.node import AgentNode, ModelSettings
from deployments.rules.escalation import EscalationRules
from embeddings.relevance import RelevanceGate
from serve_app.settings.support import SupportArgs, service_levels


def agent_node(
    *,
    pool: Pool,
    embed_query: Callable[[str], Awaitable[Sequence[float]]],
    model: ModelSettings,
    links: Callable[[str], str],
    escalation_thresholds: Mapping[str, float],
    support: SupportArgs,
) -> AgentNode:
    """Return the node. `evaluation.replay.run` builds one by the same settings, but for the clock."""
    return AgentNode(
        pool=pool,
        embed_query=embed_query,
        model=model,
        gate=RelevanceGate.load(),
        rules=EscalationRules(escalation_thresholds),
        links=links,
        answers=support.agent_mode != "off",
        back_at=back_from_now(support),
    )


def back_from_now(support: SupportArgs) -> BackAt:
    """Return what tells when people of a queue are there again, asked outside their hours."""
    levels = service_levels(support)

    def back(severity: Severity, queue: Queue) -> str | None:
        return levels.back_at(severity, queue, datetime.now(UTC))

    return back
