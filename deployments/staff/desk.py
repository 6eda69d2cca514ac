"""The staff's actions on a conversation, with their preconditions (G14): who has it, how it ends, what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from db.pool import Pool
from db.records import Category, Priority, Queue
from db.staff import actions
from db.staff.actions import ConversationState
from deployments.rules.escalation import severity_and_queue
from deployments.runtime.wakeable import Wakeable
from deployments.staff.conversation_lock import ConversationLock, check_allowed, take_over
from ingest.events import INCOMING

DRAFTS = ("draft",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseResult:
    """The conversation's state after its release; `woken` counts the messages that the agent answers now.

    `unanswered`: the customer was promised a colleague's reply to their last message, and neither staff nor the agent
    will answer it.
    """

    state: ConversationState
    woken: int
    unanswered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLabels:
    """A ticket's labels after a correction. `queue` None: it was not handed over. `ticket_id` is its number (HTTP)."""

    ticket_id: str
    category: Category
    priority: Priority
    queue: Queue | None


class StaffDesk:
    """The staff's actions. `by` is the name of the person, which is stored with the action. `seen` is the version of
    the conversation that the person has looked at; None asks for no check.

    All raise UnknownConversationError, ConversationChangedError, ConversationStateError and DatabaseUnavailableError.
    """

    def __init__(self, *, pool: Pool, relay: Wakeable) -> None:
        self._locks = ConversationLock(pool, relay)

    async def take_over(self, conversation_id: UUID, *, by: str, seen: str | None = None) -> ConversationState:
        """Assign the conversation to this person; the agent stops answering in it."""
        async with self._locks.locked(conversation_id, by, seen) as (connection, state):
            check_allowed("take_over", state)
            if state.assignee != by or state.untaken:
                await take_over(connection, state, by)
            return await actions.conversation_state(connection, conversation_id)

    async def release(self, conversation_id: UUID, *, by: str, seen: str | None = None) -> ReleaseResult:
        """Return the conversation to the agent, which answers what came in after the last reply by staff."""
        async with self._locks.locked(conversation_id, by, seen) as (connection, state):
            check_allowed("release", state)
            woken = await actions.release(connection, state, wake_on=INCOMING)
            if woken:
                await actions.set_ticket_status(connection, state, "open")
            elif state.ticket_status == "escalated":
                await actions.set_ticket_status(connection, state, "waiting")
            await actions.record(connection, state.conversation_id, "release", by, detail={"woken": woken})
            unanswered = not woken and await actions.lacks_staff_reply(connection, state.conversation_id)
            released = await actions.conversation_state(connection, conversation_id)
            return ReleaseResult(state=released, woken=woken, unanswered=unanswered)

    async def resolve(self, conversation_id: UUID, *, by: str, seen: str | None = None) -> ConversationState:
        """Resolve the ticket. The assignee stays: a follow-up reopens the ticket in the same conversation."""
        async with self._locks.locked(conversation_id, by, seen) as (connection, state):
            check_allowed("resolve", state)
            await actions.cancel_unsent(connection, state.conversation_id, DRAFTS, why=f"resolved by {by}")
            await actions.set_ticket_status(connection, state, "resolved")
            await actions.record(connection, state.conversation_id, "resolve", by)
            return await actions.conversation_state(connection, conversation_id)

    async def close(self, conversation_id: UUID, *, by: str, seen: str | None = None) -> ConversationState:
        """Close ticket and conversation for good: the customer's next message opens new ones."""
        async with self._locks.locked(conversation_id, by, seen) as (connection, state):
            check_allowed("close", state)
            await actions.cancel_unsent(connection, state.conversation_id, DRAFTS, why=f"closed by {by}")
            await actions.set_ticket_status(connection, state, "closed")
            await actions.close(connection, state)
            await actions.record(connection, state.conversation_id, "close", by)
            return await actions.conversation_state(connection, conversation_id)

    async def label(
        self,
        conversation_id: UUID,
        *,
        by: str,
        category: Category | None,
        priority: Priority | None,
        seen: str | None = None,
    ) -> NewLabels:
        """Correct category, priority or both of the newest ticket, also when it is closed. None leaves one as it is.

        The hand-over's queue follows; its severity and its clock stay. The correction is kept with both labels, as
        what a later training learns from.
        """
        async with self._locks.locked(conversation_id, by, seen) as (connection, state):
            before = await actions.labels(connection, state)
            new_category, new_priority = category or before.category, priority or before.priority
            queue = None
            if before.escalation_reason is not None:
                queue = severity_and_queue(before.escalation_reason, new_category, new_priority, None)[1]
            await actions.label(connection, state, new_category, new_priority, queue)
            detail = {
                "ticket_id": state.ticket_number,
                "before": {"category": before.category, "priority": before.priority},
                "after": {"category": new_category, "priority": new_priority},
            }
            await actions.record(connection, conversation_id, "label", by, detail=detail)
            return NewLabels(ticket_id=state.ticket_number, category=new_category, priority=new_priority, queue=queue)
