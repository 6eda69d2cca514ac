"""What people may do with a conversation, and when: take over, reply, release, resolve, close, approve (G14).

Each call is one transaction that holds the conversation. A run of the agent that is under way meanwhile finds the
token moved on, writes nothing, and opens its turn anew under the new owner.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol
from uuid import UUID

from db.ids import new_id
from db.intake.web_form import KeyReusedError
from db.operations import events
from db.outbound import whatsapp_parts
from db.pool import Connection, Pool, transaction
from db.staff import actions
from db.staff.actions import UNSAID, Action, Standing, Word
from db.tickets.ticket_life import IllegalStepError
from deployments.agent.checks.guardrails import CHECKS
from ingest.events import INCOMING, OUTGOING, OutboundMessage

DRAFTS = ("draft",)
WINDOW_CLOSED = (
    "More than 24 hours since the customer's last message: WhatsApp takes your text inside the approved template only. "
    "Without one (WHATSAPP_TEMPLATE_SID) it is parked; its delivery tells"
)


class UnknownConversationError(Exception):
    """There is no such conversation: nothing was done, the caller asks for another."""


class NotNowError(Exception):
    """It is not possible as the conversation stands: nothing was done; the message says what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something to know of a text that is on its way all the same: `guard` (G6) or `whatsapp_window` (R8)."""

    code: Literal["guard", "whatsapp_window"]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A person's word, or a draft that he approved, on its way to the customer."""

    conversation_id: UUID
    ticket_id: str
    message_id: UUID
    warnings: tuple[Caution, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """How a conversation stands after its release; `woken` counts the messages that the agent answers now.

    `unanswered`: the customer's last word has neither a person's reply behind it nor the agent's to come, though he was
    told that a colleague would reply.
    """

    standing: Standing
    woken: int
    unanswered: bool


class Wakeable(Protocol):
    """Wants to know of committed events; as ingest.bus.relay."""

    def wake(self) -> None: ...


class StaffDesk:
    """The staff's actions; `by` is always the name that is stored with them.

    All raise UnknownConversationError, NotNowError and DatabaseUnavailableError.
    """

    def __init__(
        self, *, pool: Pool, relay: Wakeable, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._pool, self._relay, self._clock = pool, relay, clock

    async def take_over(self, conversation_id: UUID, *, by: str) -> Standing:
        """Make it this person's conversation, whoever had it; the agent falls silent."""
        async with self._held(conversation_id) as (connection, at):
            _refuse("take_over", at)
            if at.assignee != by or at.untaken:
                await _taken(connection, at, by)
            return await actions.standing(connection, conversation_id)

    async def reply(self, conversation_id: UUID, *, by: str, text: str, key: str | None = None) -> Spoken:
        """Send a person's words as they are. The first reply to a hand-over, in the agent's conversation, or on a
        resolved ticket is a take-over too.

        Raises KeyReusedError when `key` came before with another text; with the same it returns what that call did.
        """
        whole_key = None if key is None else f"reply:{conversation_id}:{key}"
        async with self._held(conversation_id) as (connection, at):
            if whole_key and (earlier := await actions.earlier_reply(connection, whole_key)):
                return _again(at, earlier, text)
            _refuse("reply", at)
            if at.assignee is None or at.ticket_status == "resolved":
                await _taken(connection, at, by)
            word = Word(message_id=new_id(), outbox_id=new_id(), text=text, key=whole_key)
            await actions.say(connection, at, word)
            cautions = await _cautions(connection, at, text, word.outbox_id)
            return await self._spoken(connection, at, "reply", by, word, cautions)

    async def approve(
        self, conversation_id: UUID, *, by: str, draft_id: UUID | None, text: str | None, key: str | None = None
    ) -> Spoken:
        """Send a draft, without an id the oldest. A changed `text` goes in a person's name, with a reply's warnings.

        Raises KeyReusedError when `key` came before with another draft or text; with the same it returns what that call
        did.
        """
        whole_key = None if key is None else f"approve:{conversation_id}:{key}"
        async with self._held(conversation_id) as (connection, at):
            if whole_key and (earlier := await actions.earlier_reply(connection, whole_key)):
                return _again(at, earlier, text, draft_id)
            draft = await actions.draft(connection, at, draft_id)
            if draft is None:
                raise NotNowError("No such draft waits for approval: look at the conversation again")
            edited = text is not None and text != draft.body.strip()
            body = text if edited and text is not None else draft.body
            word = Word(message_id=new_id(), outbox_id=draft.id, text=body, key=whole_key)
            await actions.approve(connection, word, author="staff" if edited else "agent", by=by)
            # The agent's own words have passed the guard.
            cautions = await _cautions(connection, at, body if edited else "", draft.id)
            return await self._spoken(connection, at, "approve", by, word, cautions)

    async def release(self, conversation_id: UUID, *, by: str) -> Released:
        """Give the conversation back to the agent. It answers at once what came in behind a person's last word."""
        async with self._held(conversation_id) as (connection, at):
            _refuse("release", at)
            woken = await actions.release(connection, at, wake_on=INCOMING)
            if woken:
                await actions.move_ticket(connection, at, "open")
            elif at.ticket_status == "escalated":
                await actions.move_ticket(connection, at, "waiting")
            await actions.record(connection, at.conversation_id, "release", by, detail={"woken": woken})
            unanswered = not woken and await actions.unanswered(connection, at.conversation_id)
            standing = await actions.standing(connection, conversation_id)
            return Released(standing=standing, woken=woken, unanswered=unanswered)

    async def resolve(self, conversation_id: UUID, *, by: str) -> Standing:
        """Resolve the ticket. Who has the conversation keeps it: a follow-up reopens the ticket there."""
        async with self._held(conversation_id) as (connection, at):
            _refuse("resolve", at)
            await actions.take_back(connection, at.conversation_id, DRAFTS, why=f"resolved by {by}")
            await actions.move_ticket(connection, at, "resolved")
            await actions.record(connection, at.conversation_id, "resolve", by)
            return await actions.standing(connection, conversation_id)

    async def close(self, conversation_id: UUID, *, by: str) -> Standing:
        """End ticket and conversation for good: what the customer writes next opens new ones."""
        async with self._held(conversation_id) as (connection, at):
            _refuse("close", at)
            await actions.take_back(connection, at.conversation_id, DRAFTS, why=f"closed by {by}")
            await actions.move_ticket(connection, at, "closed")
            await actions.close(connection, at)
            await actions.record(connection, at.conversation_id, "close", by)
            return await actions.standing(connection, conversation_id)

    @asynccontextmanager
    async def _held(self, conversation_id: UUID) -> AsyncIterator[tuple[Connection, Standing]]:
        try:
            async with transaction(self._pool) as connection:
                at = await actions.lock(connection, conversation_id)
                if at is None:
                    raise UnknownConversationError(str(conversation_id))
                yield connection, at
        except IllegalStepError as error:
            raise NotNowError(f"{error}. Take the conversation over first, or try again in a moment") from None
        self._relay.wake()

    async def _spoken(
        self,
        connection: Connection,
        at: Standing,
        action: Action,
        by: str,
        word: Word,
        cautions: tuple[Caution, ...],
    ) -> Spoken:
        """Announce a word that is on its way, and write down who said it and what he was warned about."""
        announced = OutboundMessage(
            outbox_id=word.outbox_id,
            conversation_id=at.conversation_id,
            ticket_number=at.ticket_id,
            channel=at.channel,
            recipient=at.sender_key.partition(":")[2],
            timestamp=self._clock(),
        )
        await events.add(connection, OUTGOING, at.sender_key, announced.model_dump(mode="json"))
        warnings = [{"code": caution.code, "message": caution.message} for caution in cautions]
        created_at = await actions.record(
            connection, at.conversation_id, action, by, message_id=word.message_id, detail={"warnings": warnings}
        )
        return Spoken(
            conversation_id=at.conversation_id,
            ticket_id=at.ticket_id,
            message_id=word.message_id,
            warnings=cautions,
            created_at=created_at,
        )


def _refuse(action: Action, at: Standing) -> None:
    """Raise NotNowError with what to do instead where the action makes no sense now."""
    if at.status == "closed":
        raise NotNowError("This conversation is closed: what the customer writes next opens a new one")
    if action == "release" and at.owner == "agent":
        raise NotNowError("The agent has this conversation already: there is nothing to release")
    if action == "resolve" and at.owner == "agent" and at.unanswered:
        raise NotNowError("The agent is about to answer. Take the conversation over first, or try again in a moment")
    if action == "resolve" and at.ticket_status == "resolved":
        raise NotNowError("The ticket is resolved already: close it, or reply to go on")


async def _taken(connection: Connection, at: Standing, by: str) -> None:
    await actions.take_over(connection, at, by)
    await actions.take_back(connection, at.conversation_id, UNSAID, why=f"taken over by {by}")
    await actions.record(connection, at.conversation_id, "take_over", by)


async def _cautions(connection: Connection, at: Standing, text: str, outbox_id: UUID) -> tuple[Caution, ...]:
    found = [Caution(code="guard", message=f"The text {problem}") for problem, finds in CHECKS if finds(text)]
    if at.channel == "whatsapp" and not (await whatsapp_parts.correspondent(connection, outbox_id)).window_open:
        found.append(Caution(code="whatsapp_window", message=WINDOW_CLOSED))
    return tuple(found)


def _again(at: Standing, earlier: actions.EarlierReply, text: str | None, draft_id: UUID | None = None) -> Spoken:
    same = earlier.author == "agent" if text is None else text in (earlier.body, earlier.body.strip())
    if not same or draft_id not in (None, earlier.outbox_id):
        raise KeyReusedError
    return Spoken(
        conversation_id=at.conversation_id,
        ticket_id=at.ticket_id,
        message_id=earlier.message_id,
        warnings=tuple(Caution(**warning) for warning in earlier.warnings),  # type: ignore[arg-type]
        created_at=earlier.created_at,
    )
