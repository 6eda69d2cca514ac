"""Stored turns run again under other settings: what would have been decided, beside what was (T4).

The production's own analysis, agent and cap on replies decide; nothing is written. The pool should refuse writes.
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
from db.turns.stored_turns import Decided
from deployments.agent.node import AgentNode, ModelSettings
from deployments.agent.prompt import Prompt
from deployments.agent.run_context import PRIORITIES, PassageSearch
from deployments.analysis import AnalysisNode
from deployments.rules.escalation import EscalationRules
from deployments.rules.support_hours import ServiceLevels
from deployments.turns.closing import texts_of
from deployments.turns.reply_limit import ReplyLimit
from embeddings.relevance import RelevanceGate
from evaluation.replay.report import Case, Outcome

AGENT_STATES = ("answered", "escalated", "drafted")
_RECORDED = re.compile(r'"(category|priority)": "(\w+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What decides in place of production. `prompt` and `search` None: the shipped prompt, the stored passages.

    `answers` and `levels` are AgentNode's: whether it is switched on, and when people are there (None: always).
    """

    model: ModelSettings
    rules: EscalationRules
    gate: RelevanceGate
    prompt: Prompt | None = None
    search: PassageSearch | None = None
    answers: bool = True
    levels: ServiceLevels | None = None


class Replayer:
    """Runs stored turns against a variant, one at a time. `pool` needs no right to write."""

    def __init__(self, *, pool: Pool, analysis: AnalysisNode, variant: Variant) -> None:
        self._pool, self._analysis = pool, analysis
        self._links: dict[str, str] = {}
        self._levels, self._at = variant.levels, datetime.now(UTC)
        self._limit = ReplyLimit(configs=ChannelConfigs(pool), links=self._link)
        self._agent = AgentNode(
            pool=pool,
            embed_query=self._embed,
            model=variant.model,
            gate=variant.gate,
            rules=variant.rules,
            links=self._link,
            prompt=variant.prompt,
            search=variant.search,
            answers=variant.answers,
            back=self._back,
        )

    async def stored(self, since: datetime, until: datetime, *, limit: int) -> list[Decided]:
        """Return what was decided in that time, oldest first. Raises DatabaseUnavailableError."""
        async with acquire(self._pool) as connection:
            return await stored_turns.decided_between(connection, since, until, limit=limit)

    async def replay(self, decided: Sequence[Decided]) -> AsyncIterator[Case]:
        """Decide each turn again, in order. Raises DatabaseUnavailableError."""
        for one in decided:
            yield await self._case(one)

    async def _case(self, decided: Decided) -> Case:
        async with acquire(self._pool) as connection:
            turn = await stored_turns.as_it_was(connection, decided.record.inbox_id)
        if turn is None:
            return Case.skipped_for(decided, reason="erased")
        if skipped := not_the_agents(decided):
            return Case.skipped_for(decided, turn=turn, reason=skipped)
        turn = with_recorded(turn, decided.record)
        self._at = decided.record.created_at
        self._links[turn.ticket.number] = link_in(decided.reply or "", turn.ticket.number)
        return Case.of(decided, turn=turn, after=outcome_of(await self._decide(turn)))

    async def _decide(self, turn: Turn) -> Decision:
        analyses = await self._analysis.analyse(texts_of(turn))
        return await self._limit.apply(turn, await self._agent.run(turn, analyses[0]))

    async def _embed(self, text: str) -> tuple[float, ...]:
        return (await self._analysis.embed([text]))[0]

    def _back(self, severity: Severity, queue: Queue) -> str | None:
        """When people were there again, as seen at the time of the stored decision."""
        return self._levels.back(severity, queue, self._at) if self._levels else None

    def _link(self, number: str) -> str:
        """The status link as it was sent: where customers reach us is nothing that a replay compares."""
        return self._links[number]


def not_the_agents(decided: Decided) -> str:
    """Return why a stored turn says nothing of the agent's settings, '' when it does."""
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
    """Return of a decision what the customer and the team notice."""
    return Outcome(
        outcome=decision.outcome,
        reason=decision.reason,
        rule=decision.rule,
        passages=tuple(passage.slug for passage in decision.passages),
        text=decision.reply,
    )


def with_recorded(turn: Turn, record: DecisionRecord) -> Turn:
    """Give the ticket the category and priority that its create_ticket call recorded: both may have changed since."""
    opened = next((call.result for call in record.tool_calls if call.name == "create_ticket"), "")
    then = dict(_RECORDED.findall(opened))
    priority = next((known for known in PRIORITIES if known == then.get("priority")), turn.ticket.priority)
    category = then.get("category", turn.ticket.category)
    return replace(turn, ticket=replace(turn.ticket, category=category, priority=priority))
