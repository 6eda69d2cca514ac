"""The pipeline's calls of the three nodes: batched, with a limit of time, and with the fault put where it belongs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from db.records import Analysis, Decision, Turn
from deployments.runtime.batching import Batcher
from deployments.runtime.quarantine import SETTLE_S, Quarantine
from deployments.runtime.retries import until_it_answers
from deployments.turns.policy import TurnAgent, TurnPolicy
from deployments.turns.sentiment import texts_of

ANSWER_WITHIN_S = 30.0
DECIDE_WITHIN_S = 120.0
"""Above all of the agent's own limits together."""
PROBE = "How do I log in?"
LONG = 1_000
"""From so many characters on a text is a call of its own: others would wait for it."""


class TurnOpener(Protocol):
    """Opens turns; as deployments.identity.node."""

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]: ...


class Analyser(Protocol):
    """Analyses texts, in order; as deployments.analysis_node."""

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]: ...


class ProbedAgent(TurnAgent, Protocol):
    """Decides turns, and says whether it could; as deployments.agent.node."""

    async def ready(self) -> None: ...


class NodeCalls:
    """Every call waits while its node is down. `holder` names this process in leases.

    All raise MessageFaultError when the node fails on this message and answers others, and what the node raises.
    """

    def __init__(
        self,
        *,
        identity: TurnOpener,
        analysis: Analyser,
        agent: ProbedAgent,
        policy: TurnPolicy,
        holder: str,
        answer_within_s: float = ANSWER_WITHIN_S,
        decide_within_s: float = DECIDE_WITHIN_S,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._identity, self._analysis, self._agent = identity, analysis, agent
        self._policy, self._holder = policy, holder
        self._open_batched = Batcher(self._open_many, abandons=True)
        self._analyse_batched = Batcher(analysis.analyse, abandons=True, alone=lambda text: len(text) >= LONG)
        self._opening = Quarantine(
            node="identity", probe=lambda: self._open_many([]), within_s=answer_within_s, settle_s=settle_s, few=1
        )
        self._analysing = Quarantine(
            node="analysis", probe=lambda: analysis.analyse([PROBE]), within_s=answer_within_s, settle_s=settle_s, few=1
        )
        self._deciding = Quarantine(node="agent", probe=agent.ready, within_s=decide_within_s, settle_s=settle_s)

    async def open(self, inbox_id: UUID) -> Turn | None:
        """Return the turn that an inbox row opens; None when nothing of its customer is due, or somebody is at it."""
        return await self._opening.call(
            inbox_id, lambda: self._open_batched(inbox_id), lambda: self._open_single(inbox_id)
        )

    async def analyse(self, turn: Turn) -> list[Analysis]:
        """Return the analyses of `texts_of` the turn."""
        texts = texts_of(turn)
        return await self._analysing.call(
            turn.inbox_id,
            lambda: self._analyse_many(texts),
            lambda: self._analysis.analyse(texts),
            probe=lambda: self._analysis.analyse([_harmless(len(text)) for text in texts]),
        )

    async def decide(self, turn: Turn, analysis: Analysis) -> Decision:
        """Return what becomes of the turn."""

        async def decided() -> Decision:
            return await self._policy.decide(self._agent, turn, analysis)

        return await self._deciding.call(turn.inbox_id, decided, decided)

    async def hand_over(self, turn: Turn, decision: Decision) -> Decision:
        """Return a decision that was made without the agent, under the same policy as the agent's."""
        return await until_it_answers(lambda: self._policy.apply(turn, decision))

    async def _open_many(self, inbox_ids: Sequence[UUID]) -> list[Turn | None]:
        opened = await self._identity.open_turns(inbox_ids, self._holder)
        return [opened.get(inbox_id) for inbox_id in inbox_ids]

    async def _open_single(self, inbox_id: UUID) -> Turn | None:
        return (await self._open_many([inbox_id]))[0]

    async def _analyse_many(self, texts: Sequence[str]) -> list[Analysis]:
        return list(await asyncio.gather(*(self._analyse_batched(text) for text in texts)))


def _harmless(characters: int) -> str:
    """Return a text that does nobody harm, of about that length: the node reads short texts first."""
    return " ".join([PROBE] * max(1, characters // len(PROBE)))
