"""Decides stored turns again under other settings and compares the decisions (T4).

Production's own analysis, agent and policy decide; nothing is written. The pool should refuse writes.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool, acquire
from db.records import Decision, Queue, Severity, Turn
from db.turns import stored_turns
from db.turns.decisions import DecisionRecord
from db.turns.stored_turns import StoredDecision
from deployments.agent.node import AgentNode, ModelSettings
from deployments.agent.prompt import Prompt
from deployments.agent.run_context import PassageSearch
from deployments.analysis_node import AnalysisNode
from deployments.rules.company import Company
from deployments.rules.escalation import PRIORITIES, EscalationRules
from deployments.rules.support_hours import ServiceLevels
from deployments.turns.policy import TurnPolicy
from deployments.turns.reply_limit import ReplyLimit
from deployments.turns.sentiment import texts_of
from embeddings.relevance import RelevanceGate
from evaluation.replay.report import Case, Outcome

AGENT_STATES = ("answered", "escalated", "drafted")
_RECORDED = re.compile(r'"(category|priority)": "(\w+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The settings to decide with. `prompt` and `search` None: the shipped prompt, the stored passages.

    `answers` says whether the agent is switched on, `levels` when staff are there (None: always).
    """

    model: ModelSettings
    rules: EscalationRules
    company: Company
    gate: RelevanceGate
    prompt: Prompt | None = None
    search: PassageSearch | None = None
    answers: bool = True
    levels: ServiceLevels | None = None


class Replayer:
    """Decides stored turns by a variant, one at a time. `pool` needs no right to write."""

    def __init__(self, *, pool: Pool, analysis: AnalysisNode, variant: Variant) -> None:
        self._pool, self._analysis = pool, analysis
        self._links: dict[str, str] = {}
        self._levels, self._at = variant.levels, datetime.now(UTC)
        self._policy = TurnPolicy(limit=ReplyLimit(configs=ChannelConfigs(pool), links=self._link))
        self._agent = AgentNode(
            pool=pool,
            analysis=analysis,
            model=variant.model,
            gate=variant.gate,
            rules=variant.rules,
            company=variant.company,
            links=self._link,
            prompt=variant.prompt,
            search=variant.search,
            answers=variant.answers,
            tuned=False,
            back_at=self._back_at,
        )

    async def stored(self, since: datetime, until: datetime, *, limit: int) -> list[StoredDecision]:
        """Return the decisions of that time, oldest first. Raises DatabaseUnavailableError."""
        async with acquire(self._pool) as connection:
            return await stored_turns.decisions_between(connection, since, until, limit=limit)

    async def replay(self, decided: Sequence[StoredDecision]) -> AsyncIterator[Case]:
        """Decide each turn again, in order. Raises DatabaseUnavailableError."""
        for one in decided:
            yield await self._case(one)

    async def _case(self, decided: StoredDecision) -> Case:
        async with acquire(self._pool) as connection:
            turn = await stored_turns.turn_as_opened(connection, decided.record.inbox_id)
        if turn is None:
            return Case.skipped_for(decided, reason="erased")
        if skipped := skip_reason(decided):
            return Case.skipped_for(decided, turn=turn, reason=skipped)
        turn = with_recorded(turn, decided.record)
        self._at = decided.record.created_at
        self._links[turn.ticket.number] = link_in(decided.reply or "", turn.ticket.number)
        analyses = await self._analysis.analyse(texts_of(turn))
        decision = await self._policy.decide(self._agent, turn, analyses[0])
        return Case.of(decided, turn=turn, after=outcome_of(decision))

    def _back_at(self, severity: Severity, queue: Queue) -> str | None:
        """Return when staff were back, as seen at the time of the stored decision."""
        return self._levels.back_at(severity, queue, self._at) if self._levels else None

    def _link(self, number: str) -> str:
        """Return the status link as it was sent, so that links are no difference."""
        return self._links[number]


def skip_reason(decided: StoredDecision) -> str:
    """Return why a stored turn does not depend on the agent's settings, '' when it does."""
    if decided.record.outcome == "held":
        return "held for a person"
    if decided.edited:
        return "its draft was edited by a person"
    if decided.state not in AGENT_STATES:
        return decided.state
    return "decided over MCP" if decided.record.model.startswith("mcp:") else ""


def link_in(text: str, number: str) -> str:
    """Return the status link of a ticket in a text, '' without one."""
    found = re.search(rf"\S+#{re.escape(number)}:[\w=-]+", text)
    return found.group() if found else ""


def outcome_of(decision: Decision) -> Outcome:
    """Return the comparable part of a decision."""
    return Outcome(
        outcome=decision.outcome,
        reason=decision.reason,
        rule=decision.rule,
        passages=tuple(passage.slug for passage in decision.passages),
        text=decision.reply,
    )


def with_recorded(turn: Turn, record: DecisionRecord) -> Turn:
    """Restore the category and priority that the create_ticket call recorded: both may have changed since."""
    opened = next((call.result for call in record.tool_calls if call.name == "create_ticket"), "")
    then = dict(_RECORDED.findall(opened))
    priority = next((known for known in PRIORITIES if known == then.get("priority")), turn.ticket.priority)
    category = then.get("category", turn.ticket.category)
    return replace(turn, ticket=replace(turn.ticket, category=category, priority=priority))
