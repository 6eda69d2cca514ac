"""What a decision becomes before it is written: the cap on automatic replies, then the rule of drafts.

One implementation for the pipeline, for clients of the tools (MCP) and for replays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from db.records import Analysis, Decision, Turn


class TurnAgent(Protocol):
    """Decides a turn; as deployments.agent.node."""

    async def run(self, turn: Turn, analysis: Analysis) -> Decision: ...


class Limit(Protocol):
    """Looks at a decision before it is written; as deployments.turns.reply_limit."""

    async def apply(self, turn: Turn, decision: Decision) -> Decision: ...


class TurnPolicy:
    """Decides turns as they are carried out. With `approval` an answer is a draft until a person approves it."""

    def __init__(self, *, limit: Limit, approval: bool = False) -> None:
        self._limit, self._approval = limit, approval

    async def decide(self, agent: TurnAgent, turn: Turn, analysis: Analysis) -> Decision:
        """Return the agent's decision as it may be carried out. Raises what the agent and the store raise."""
        return await self.apply(turn, await agent.run(turn, analysis))

    async def apply(self, turn: Turn, decision: Decision) -> Decision:
        """Return a decision as it may be carried out. Raises DatabaseUnavailableError, TemplateNotUsableError."""
        limited = await self._limit.apply(turn, decision)
        return replace(limited, drafted=self._approval and limited.outcome == "answered")
