"""What people write to customers, and the agent's drafts that they send (G14)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from db.ids import new_id
from db.intake.web_form import KeyReusedError
from db.operations import events
from db.outbound import whatsapp_parts
from db.pool import Connection, Pool
from db.staff import actions, requested_drafts
from db.staff.actions import Action, ConversationState, NewStaffReply
from deployments.agent.checks.guardrails import Guard
from deployments.channels.traits import TRAITS
from deployments.runtime.wakeable import Wakeable
from deployments.staff.conversation_lock import (
    ConversationLock,
    ConversationStateError,
    check_allowed,
    check_seen,
    take_over,
)
from deployments.staff.reply_frame import ReplyFrame
from ingest.events import OUTGOING, OutboundMessage

WINDOW_CLOSED = (
    "More than 24 hours since the customer's last message: WhatsApp takes your text inside the approved template only. "
    "Without one (WHATSAPP_TEMPLATE_SID) it is parked; its delivery tells"
)


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


class StaffReplies:
    """The replies of people. `by` is the name of the person, which is stored with the action.

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
        self._locks = ConversationLock(pool, relay)
        self._guard, self._clock = guard, clock
        self._frame = ReplyFrame(links)

    async def reply(
        self,
        conversation_id: UUID,
        *,
        by: str,
        text: str,
        draft_id: UUID | None = None,
        key: str | None = None,
        seen: str | None = None,
    ) -> SentReply:
        """Send a person's text, whole, with the channel's greeting, signature and reference around it.

        Without an assignee, or on a resolved ticket, it is a take-over, too. `key` makes the call idempotent: a
        repeated call returns the first one's result. With `draft_id` the text was made of a draft that the agent was
        asked for; where it was changed, the agent's own is kept beside it. Raises KeyReusedError if the key was used
        with another text.
        """
        whole_key = None if key is None else f"reply:{conversation_id}:{key}"
        async with self._locks.locked(conversation_id) as (connection, state):
            if whole_key and (earlier := await actions.earlier_reply(connection, whole_key)):
                return _earlier_result(state, earlier, text)
            await check_seen(connection, state, by, seen)
            check_allowed("reply", state)
            if state.assignee is None or state.ticket_status == "resolved":
                await take_over(connection, state, by)
            framed = await self._frame.around(connection, text, state)
            reply = NewStaffReply(message_id=new_id(), outbox_id=new_id(), text=framed, written=text, key=whole_key)
            await actions.reply(connection, state, reply)
            if draft_id and not await requested_drafts.use(connection, draft_id, state, reply.message_id, text):
                raise ConversationStateError("This conversation has no such draft: leave its id out")
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
        async with self._locks.locked(conversation_id) as (connection, state):
            if whole_key and (earlier := await actions.earlier_reply(connection, whole_key)):
                return _earlier_result(state, earlier, text, draft_id)
            await check_seen(connection, state, by, seen)
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
