"""The agent's probe tells whether a turn could be decided."""

from __future__ import annotations

import pytest

from deployments.agent.node import AgentNode, ModelSettings
from deployments.rules.escalation import EscalationRules
from deployments.runtime.retries import NodeUnavailableError
from embeddings.relevance import RelevanceGate
from tests.fixtures.agent_desk import Desk
from tests.fixtures.company import EXAMPLE
from tests.fixtures.turns import AnalysisAway


async def test_an_agent_is_ready_with_its_store_and_its_encoder_only(desk: Desk) -> None:
    await desk.node.ready()
    node = AgentNode(
        pool=desk.pool,
        analysis=AnalysisAway(),
        model=ModelSettings(),
        gate=RelevanceGate.load(own_names=EXAMPLE.own_names),
        rules=EscalationRules(own_names=EXAMPLE.own_names),
        company=EXAMPLE,
        links=str,
    )
    with pytest.raises(NodeUnavailableError):
        await node.ready()
