"""Fixtures of the agent with its real collaborators."""

from __future__ import annotations

from tests.fixtures.agent_desk import (
    analysis_node,
    desk,
    encoder,
    impatient,
    knowledge_dump,
    knowledge_url,
    openai,
    pool,
    remote,
    served,
)

__all__ = [
    "analysis_node",
    "desk",
    "encoder",
    "impatient",
    "knowledge_dump",
    "knowledge_url",
    "openai",
    "pool",
    "remote",
    "served",
]
