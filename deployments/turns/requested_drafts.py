"""A draft by the agent because a person asks for one: a turn without its ending, of which nothing is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from db.ids import new_id
from db.pool import Pool, acquire, transaction
from db.records import Analysis, Decision, Turn
from db.staff import actions, requested_drafts
from db.turns import stored_turns
from deployments.staff.conversation_lock import ConversationStateError, UnknownConversationError
from deployments.turns.sentiment import texts_of

NOTHING = {
    "no_kb_match": "The knowledge base has nothing that answers this.",
    "unsafe_reply": "What the agent wrote did not pass its checks, so there is no draft.",
    "unsupported_language": "The agent does not answer in this customer's language.",
    "agent_error": "The agent failed at it. Try again, or answer without a draft.",
}
BY_RULE = {
    "mode:off": "The agent is switched off (AGENT_MODE).",
    "draft:no_text": "The customer's message has no text to answer.",
    "draft:unparsed": "The text of this mail could not be read: it is in the mailbox.",
}


class Analyser(Protocol):
    """Analyses texts, in order; as deployments.analysis_node."""

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]: ...


class DraftingAgent(Protocol):
    """Drafts answers for people; as deployments.agent.node."""

    async def draft(self, turn: Turn, analysis: Analysis) -> Decision: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedDraft:
    """A draft to edit and send as one's own reply. `text` '': there is none, `why` is the code of the cause (a key of
    BY_RULE, or the reason of the hand-over), and `nothing` says it in a sentence."""

    draft_id: UUID
    text: str
    why: str
    nothing: str
    sources: tuple[str, ...]
    model: str
    usage: dict[str, int]


class RequestedDrafts:
    """Makes drafts for conversations that wait for a person, and keeps each with what it took."""

    def __init__(
        self, *, pool: Pool, analysis: Analyser, agent: DraftingAgent, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool, self._analysis, self._agent, self._clock = pool, analysis, agent, clock

    async def draft(self, conversation_id: UUID, *, by: str) -> RequestedDraft:
        """Draft an answer to what the customer has written since a person's last reply.

        Raises UnknownConversationError, ConversationStateError where nothing waits for a person,
        DatabaseUnavailableError and NodeUnavailableError.
        """
        turn = await self._turn(conversation_id)
        began = self._clock()
        decided = await self._decided(turn)
        draft_id = new_id()
        async with acquire(self._pool) as connection:
            took = round((self._clock() - began) * 1000, 2)
            try:
                await requested_drafts.add(connection, draft_id, conversation_id, decided, by=by, latency_ms=took)
            except requested_drafts.ConversationGoneError as gone:
                raise UnknownConversationError(str(gone)) from None
        return RequestedDraft(
            draft_id=draft_id,
            text=decided.reply,
            why="" if decided.reply else _cause(decided),
            nothing="" if decided.reply else _why_nothing(decided),
            sources=decided.sources,
            model=decided.model,
            usage=decided.usage,
        )

    async def _turn(self, conversation_id: UUID) -> Turn:
        async with transaction(self._pool) as connection:
            state = await actions.lock(connection, conversation_id)
            if state is None:
                raise UnknownConversationError(str(conversation_id))
            if state.owner == "agent" and state.status != "closed":
                raise ConversationStateError(
                    "The agent has this conversation, and answers by itself. Take it over first"
                )
            turn = await stored_turns.unanswered_turn(connection, conversation_id)
        if turn is None or state.status == "closed":
            raise ConversationStateError("Nothing of the customer's waits for your answer here")
        return turn

    async def _decided(self, turn: Turn) -> Decision:
        if turn.unparsed:
            return _unread(turn)
        [analysis] = await self._analysis.analyse(texts_of(turn)[:1])
        decided = await self._agent.draft(turn, analysis)
        return replace(decided, reason=None if decided.reply else decided.reason or "agent_error")


def _unread(turn: Turn) -> Decision:
    return Decision(
        outcome="escalated",
        reply="",
        rule="draft:unparsed",
        model="none",
        priority=turn.ticket.priority,
        sentiment=None,
        reason="no_kb_match",
    )


def _cause(decided: Decision) -> str:
    return decided.rule if decided.rule in BY_RULE else decided.reason or "agent_error"


def _why_nothing(decided: Decision) -> str:
    cause = _cause(decided)
    left = f"The agent leaves this to a person ({cause.replace('_', ' ')})."
    return BY_RULE.get(cause) or NOTHING.get(cause, left)
