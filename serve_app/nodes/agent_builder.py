"""Builds the agent node, for the graph's replica and for `nightdesk mcp` beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from db.pool import Pool
from db.records import Queue, Severity
from deployments.agent.decision import BackAt
from deployments.agent.node import AgentNode, ModelSettings
from deployments.agent.run_context import QueryAnalysis
from deployments.rules.company import Company
from deployments.rules.escalation import EscalationRules
from embeddings.encoder import BUILT_IN, model_files
from embeddings.relevance import RelevanceGate
from embeddings.vector_model import RELEVANCE
from serve_app.settings.support import SupportArgs, service_levels


def agent_node(
    *,
    pool: Pool,
    analysis: QueryAnalysis,
    model: ModelSettings,
    company: Company,
    links: Callable[[str], str],
    escalation_thresholds: Mapping[str, float],
    support: SupportArgs,
    embedding_model: str = BUILT_IN,
) -> AgentNode:
    """Return the node. `evaluation.replay.run` builds one by the same settings, but for the clock.

    `embedding_model`: whose thresholds hold as long as no other model is in force.
    """
    return AgentNode(
        pool=pool,
        analysis=analysis,
        model=model,
        gate=RelevanceGate.load(model_files(embedding_model).heads / RELEVANCE, own_names=company.own_names),
        rules=EscalationRules(escalation_thresholds, own_names=company.own_names),
        company=company,
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
