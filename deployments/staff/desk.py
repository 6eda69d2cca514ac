"""The staff's actions on a conversation, with their preconditions (G14).

Each action is one transaction that locks the conversation. A concurrent run of the agent is fenced by the
conversation's token: it writes nothing and opens its turn again under the new owner.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from db.ids import new_id
from db.intake.web_form import KeyReusedError
from db.operations import events
from db.outbound import whatsapp_parts
from db.pool import Connection, Pool, transaction
from db.records import Category, Priority, Queue
from db.staff import actions
from db.staff.actions import UNSENT_STATES, Action, ConversationState, NewStaffReply
from db.tickets.ticket_life import IllegalTransitionError
from deployments.agent.checks.guardrails import Guard
from deployments.channels.traits import TRAITS
from deployments.rules.escalation import severity_and_queue
from deployments.runtime.wakeable import Wakeable
from deployments.staff.changes import describe_change
from deployments.staff.reply_frame import ReplyFrame
from ingest.events import INCOMING, OUTGOING, OutboundMessage

DRAFTS = ("draft",)
WINDOW_CLOSED = (
    "More than 24 hours since the customer's last message: WhatsApp takes your text inside the approved template only. "
    "Without one (WHATSAPP_TEMPLATE_SID) it is parked; its delivery tells"
)


class UnknownConversationError(Exception):
    """There is no such conversation; nothing was done."""


class ConversationStateError(Exception):
    """The action is not possible in the conversation's state; nothing was done. The message says what to do instead."""


class ConversationChangedError(Exception):
    """Something has happened in the conversation that the person has not seen; nothing was done. The message says who
    did what: they look again, and decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyWarning:
    """A warning about a reply that is sent nevertheless: `guard` (G6) or `whatsapp_window` (R8)."""

    code: Literal["guard", "whatsapp_window"]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReply:
    """A reply, or an approved draft, that was queued for delivery. `ticket_id` is the ticket's number (HTTP field)."""

    conversation_id: UUID
    ticket_id: str
    message_id: UUID
    warnings: tuple[ReplyWarning, ...]
    created_at: datetime


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
    """The staff's actions. `by` is the name of the person, which is stored with the action.

    `links` gives a ticket's status link by its number; what `guard` finds in a reply is a warning. `seen` is the
    version of the conversation that the person has looked at; None asks for no check.

    All raise UnknownConversationError, ConversationChangedError, ConversationStateError and DatabaseUnavailableError.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        relay: Wakeable,
        links: Callable[[str], str],
        guard: Guard,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._relay, self._guard, self._clock = pool, relay, guard, clock
        self._frame = ReplyFrame(links)

    async def take_over(self, conversation_id: UUID, *, by: str, seen: str | None = None) -> ConversationState:
        """Assign the conversation to this person; the agent stops answering in it."""
        async with self._locked(conversation_id, by, seen) as (connection, state):
            _check_allowed("take_over", state)
            if state.assignee != by or state.untaken:
                await _take_over(connection, state, by)
            return await actions.conversation_state(connection, conversation_id)

    async def reply(
        self, conversation_id: UUID, *, by: str, text: str, key: str | None = None, seen: str | None = None
    ) -> SentReply:
        """Send a person's text, whole, with the channel's greeting, signature and reference around it.

        Without an assignee, or on a resolved ticket, it is a take-over, too. `key` makes the call idempotent: a
        repeated call returns the first one's result. Raises KeyReusedError if the key was used with another text.
        """
        whole_key = None if key is None else f"reply:{conversation_id}:{key}"
        async with self._locked(conversation_id) as (connection, state):
            if whole_key and (earlier := await actions.earlier_reply(connection, whole_key)):
                return _earlier_result(state, earlier, text)
            await _check_seen(connection, state, by, seen)
            _check_allowed("reply", state)
            if state.assignee is None or state.ticket_status == "resolved":
                await _take_over(connection, state, by)
            framed = await self._frame.around(connection, text, state)
            reply = NewStaffReply(message_id=new_id(), outbox_id=new_id(), text=framed, written=text, key=whole_key)
            await actions.reply(connection, state, reply)
            warnings = await _reply_warnings(connection, state, self._guard.findings(text), reply.outbox_id)
            return await self._queue(connection, state, "reply", by, reply, warnings)

    async def approve(
        self,
        conversation_id: UUID,
        *,
        by: str,
        draft_id: UUID | None,
        text: str | None,
        key: str | None = None,
        seen: str | None = None,
    ) -> SentReply:
        """Send a draft, by default the oldest. With a changed `text` it is sent as a person's reply, with its warnings.

        `key` makes the call idempotent, as in `reply`. Raises KeyReusedError if it was used with another draft or text.
        """
        whole_key = None if key is None else f"approve:{conversation_id}:{key}"
        async with self._locked(conversation_id) as (connection, state):
            if whole_key and (earlier := await actions.earlier_reply(connection, whole_key)):
                return _earlier_result(state, earlier, text, draft_id)
            await _check_seen(connection, state, by, seen)
            draft = await actions.find_draft(connection, state, draft_id)
            if draft is None:
                raise ConversationStateError("No such draft waits for approval: look at the conversation again")
            edited = text is not None and text != draft.body.strip()
            body = text if edited and text is not None else draft.body
            # A draft has its greeting and signature; a person edits them with the rest.
            reply = NewStaffReply(message_id=new_id(), outbox_id=draft.id, text=body, written=body, key=whole_key)
            await actions.approve(connection, reply, author="staff" if edited else "agent", by=by)
            # An unchanged draft has passed the guardrails already.
            findings: Iterable[str] = self._guard.findings(body) if edited else ()
            warnings = await _reply_warnings(connection, state, findings, draft.id)
            return await self._queue(connection, state, "approve", by, reply, warnings)

    async def release(self, conversation_id: UUID, *, by: str, seen: str | None = None) -> ReleaseResult:
        """Return the conversation to the agent, which answers what came in after the last reply by staff."""
        async with self._locked(conversation_id, by, seen) as (connection, state):
            _check_allowed("release", state)
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
        async with self._locked(conversation_id, by, seen) as (connection, state):
            _check_allowed("resolve", state)
            await actions.cancel_unsent(connection, state.conversation_id, DRAFTS, why=f"resolved by {by}")
            await actions.set_ticket_status(connection, state, "resolved")
            await actions.record(connection, state.conversation_id, "resolve", by)
            return await actions.conversation_state(connection, conversation_id)

    async def close(self, conversation_id: UUID, *, by: str, seen: str | None = None) -> ConversationState:
        """Close ticket and conversation for good: the customer's next message opens new ones."""
        async with self._locked(conversation_id, by, seen) as (connection, state):
            _check_allowed("close", state)
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
        async with self._locked(conversation_id, by, seen) as (connection, state):
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

    @asynccontextmanager
    async def _locked(
        self, conversation_id: UUID, by: str = "", seen: str | None = None
    ) -> AsyncIterator[tuple[Connection, ConversationState]]:
        """Lock the conversation for an action, and check that it is as `by` has seen it."""
        try:
            async with transaction(self._pool) as connection:
                state = await actions.lock(connection, conversation_id)
                if state is None:
                    raise UnknownConversationError(str(conversation_id))
                await _check_seen(connection, state, by, seen)
                yield connection, state
        except IllegalTransitionError as error:
            raise ConversationStateError(
                f"{error}. Take the conversation over first, or try again in a moment"
            ) from None
        self._relay.wake()

    async def _queue(
        self,
        connection: Connection,
        state: ConversationState,
        action: Action,
        by: str,
        reply: NewStaffReply,
        warnings: tuple[ReplyWarning, ...],
    ) -> SentReply:
        """Queue the event of an outbound reply, and record who sent it with which warnings."""
        event = OutboundMessage(
            outbox_id=reply.outbox_id,
            conversation_id=state.conversation_id,
            ticket_number=state.ticket_number,
            channel=state.channel,
            recipient=state.sender_key.partition(":")[2],
            timestamp=self._clock(),
        )
        await events.add(connection, OUTGOING, state.sender_key, event.model_dump(mode="json"))
        stored = [{"code": warning.code, "message": warning.message} for warning in warnings]
        created_at = await actions.record(
            connection, state.conversation_id, action, by, message_id=reply.message_id, detail={"warnings": stored}
        )
        return SentReply(
            conversation_id=state.conversation_id,
            ticket_id=state.ticket_number,
            message_id=reply.message_id,
            warnings=warnings,
            created_at=created_at,
        )


def _check_allowed(action: Action, state: ConversationState) -> None:
    """Raise ConversationStateError if the action is not possible in this state."""
    if state.status == "closed":
        raise ConversationStateError("This conversation is closed: what the customer writes next opens a new one")
    if action == "release" and state.owner == "agent":
        raise ConversationStateError("The agent has this conversation already: there is nothing to release")
    if action == "resolve" and state.owner == "agent" and state.unanswered:
        raise ConversationStateError(
            "The agent is about to answer. Take the conversation over first, or try again in a moment"
        )
    if action == "resolve" and state.ticket_status == "resolved":
        raise ConversationStateError("The ticket is resolved already: close it, or reply to go on")


async def _check_seen(connection: Connection, state: ConversationState, by: str, seen: str | None) -> None:
    """Raise ConversationChangedError if the conversation is not as the person has seen it."""
    if seen is None or seen == state.version:
        return
    change = await actions.newest_change(connection, state.conversation_id)
    raise ConversationChangedError(f"{describe_change(change, by)} since you looked: read it, then decide again")


async def _take_over(connection: Connection, state: ConversationState, by: str) -> None:
    await actions.take_over(connection, state, by)
    await actions.cancel_unsent(connection, state.conversation_id, UNSENT_STATES, why=f"taken over by {by}")
    await actions.record(connection, state.conversation_id, "take_over", by)


async def _reply_warnings(
    connection: Connection, state: ConversationState, findings: Iterable[str], outbox_id: UUID
) -> tuple[ReplyWarning, ...]:
    found = [ReplyWarning(code="guard", message=f"The text {problem}") for problem in findings]
    if TRAITS[state.channel].has_window and not (await whatsapp_parts.recipient_of(connection, outbox_id)).window_open:
        found.append(ReplyWarning(code="whatsapp_window", message=WINDOW_CLOSED))
    return tuple(found)


def _earlier_result(
    state: ConversationState, earlier: actions.EarlierReply, text: str | None, draft_id: UUID | None = None
) -> SentReply:
    same = earlier.author == "agent" if text is None else text in (earlier.body, earlier.body.strip())
    if not same or draft_id not in (None, earlier.outbox_id):
        raise KeyReusedError
    return SentReply(
        conversation_id=state.conversation_id,
        ticket_id=state.ticket_number,
        message_id=earlier.message_id,
        warnings=tuple(ReplyWarning(**warning) for warning in earlier.warnings),  # type: ignore[arg-type]
        created_at=earlier.created_at,
    )
