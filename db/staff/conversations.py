"""The staff's view of conversations: work lists, and a conversation with all its data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from db.pool import Connection
from db.records import (
    Author,
    Channel,
    ConversationStatus,
    Direction,
    Owner,
    Priority,
    Queue,
    Severity,
    TicketStatus,
)
from db.sql import statements
from db.staff import files, requested_drafts
from db.staff.actions import Action
from db.staff.files import FileOpening
from db.staff.requested_drafts import RequestedDraftFile
from db.staff.words import tsquery
from db.turns import decisions
from db.turns.decisions import DecisionRecord, InboxState

ListState = Literal["handed_over", "agent", "closed", "drafts"]
MAX_MESSAGES = 1000
"""Messages of a conversation that are shown, the newest."""
MIN_PATTERN = 3
"""Characters of a customer's name, address or number from which on its index helps."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to; None for any. `assignee` '': nobody has taken it."""

    queue: Queue | None = None
    severity: Severity | None = None
    channel: Channel | None = None
    assignee: str | None = None

    def columns(self) -> tuple[str | None, ...]:
        """Return them in the order of the statements' parameters."""
        return self.queue, self.severity, self.channel, self.assignee


ANY = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A conversation in a list. `sender` is its sender key (`email:…`), verified by the channel or only claimed.

    `handed_over_at` to `late` are those of the open hand-over: it must be taken by `due_at`, None until that is set.
    Without one, `due_at` and `late` are those of the draft that waits for approval. `last_author` shows whose turn it
    is; `last_text` is the beginning of the last message. `ticket_id` is the ticket's number (the API's field).
    `looking` are the staff who have it open now; `sentiment_…` and `version` are as in a ConversationFile.
    """

    conversation_id: UUID
    channel: Channel
    status: ConversationStatus
    owner: Owner
    assignee: str | None
    customer_id: UUID
    customer_name: str | None
    sender: str
    sender_verified: bool
    handed_over_at: datetime | None
    due_at: datetime | None
    taken_at: datetime | None
    late: bool | None
    created_at: datetime
    updated_at: datetime
    ticket_id: str
    ticket_status: TicketStatus
    subject: str
    category: str
    priority: Priority
    severity: Severity | None
    queue: Queue | None
    escalation_reason: str | None
    drafts: int
    sentiment_score: float | None
    sentiment_trend: float | None
    version: str
    looking: list[str]
    last_author: Author | None
    last_text: str | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFile:
    """A ticket of the conversation with its hand-over: reason, severity, queue and the summary for the staff.

    `due_at` and `ticket_id` are as in a Summary.
    """

    ticket_id: str
    status: TicketStatus
    category: str
    priority: Priority
    subject: str
    escalation_reason: str | None
    severity: Severity | None
    queue: Queue | None
    summary: str | None
    handed_over_at: datetime | None
    due_at: datetime | None
    taken_at: datetime | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFile:
    """A message with its processing state. `staff` is who of the staff wrote or approved it.

    `full_text` is all of a message of which the agent reads only `text`: with what it quotes; None where they agree.

    `inbox_state` belongs to inbound messages, the following fields to outbound ones: `delivery_status` is the last one
    that the provider reported, `last_error` why it was not sent or delivered. `draft` is the agent's own text where a
    person has sent another one instead.
    """

    message_id: UUID
    direction: Direction
    author: Author
    channel: Channel
    text: str
    sentiment: float | None
    sources: list[str]
    created_at: datetime
    attachments: list[dict[str, Any]]
    full_text: str | None
    staff: str | None
    inbox_state: InboxState | None
    outbox_state: str | None
    delivery_status: str | None
    recipient: str | None
    last_error: str | None
    sent_at: datetime | None
    draft: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """A draft of the agent's; `answers` is the message that it replies to."""

    draft_id: UUID
    text: str
    answers: UUID | None
    sources: list[str] | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAction:
    """An action of the staff; `detail` is what they were shown, such as warnings."""

    staff: str
    action: Action
    message_id: UUID | None
    detail: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFile:
    """A conversation with its tickets, messages, drafts, decisions and actions, each oldest first.

    `openings` say who opened customers' files, `requested` who asked the agent for a draft.

    `sentiment_score` in [0, 1] is the mean over the inbound messages, `sentiment_trend` its slope per message.
    `version` is another one after each message, draft and action; `looking` are the staff who have it open now.
    """

    conversation_id: UUID
    channel: Channel
    status: ConversationStatus
    owner: Owner
    assignee: str | None
    customer_id: UUID
    customer_name: str | None
    sender: str
    sender_verified: bool
    subject: str
    sentiment_score: float | None
    sentiment_trend: float | None
    created_at: datetime
    updated_at: datetime
    version: str
    looking: list[str]
    tickets: tuple[TicketFile, ...]
    messages: tuple[MessageFile, ...]
    drafts: tuple[DraftFile, ...]
    decisions: tuple[DecisionRecord, ...]
    actions: tuple[StaffAction, ...]
    openings: tuple[FileOpening, ...]
    requested: tuple[RequestedDraftFile, ...]


async def exists(connection: Connection, conversation_id: UUID) -> bool:
    """Return whether there is such a conversation."""
    return bool(await connection.fetchval(_SQL["exists"], conversation_id))


async def list_work(
    connection: Connection, state: ListState, filters: Filters = ANY, *, after: UUID | None = None, limit: int = 50
) -> list[Summary]:
    """Return a page of the conversations in a state, in working order; `after` is the last one of the page before."""
    return await _summaries(connection, await connection.fetch(_SQL[state], after, limit, *filters.columns()))


async def search(
    connection: Connection, asked: str, filters: Filters = ANY, *, after: UUID | None = None, limit: int = 50
) -> list[Summary]:
    """Return a page of the conversations in any state that hold all these words (the last one may be a beginning), that
    are of a ticket with this number, or of a customer whose name, address or number holds the text; newest first."""
    arguments = (after, limit, *filters.columns(), *_looked_for(asked))
    return await _summaries(connection, await connection.fetch(_SQL["found"], *arguments))


def _looked_for(asked: str) -> tuple[str | None, str | None, str | None]:
    """Return the tsquery, the ticket's number and the pattern that a text asks for."""
    number = re.fullmatch(r"(?:TKT-)?0*(\d{1,18})", asked.strip(), re.IGNORECASE)
    literal = re.sub(r"([\\%_])", r"\\\1", asked.strip())
    return (
        tsquery(asked, "&"),
        f"TKT-{int(number[1]):04d}" if number else None,
        f"%{literal}%" if len(literal) >= MIN_PATTERN else None,
    )


async def _summaries(connection: Connection, found: Sequence[Mapping[str, UUID]]) -> list[Summary]:
    ids = [row["id"] for row in found]
    return [Summary(**row) for row in await connection.fetch(_SQL["summaries"], ids)]


async def conversation_file(connection: Connection, conversation_id: UUID) -> ConversationFile | None:
    """Return a conversation, or None. Each part is read by its own statement, so that together they are no snapshot."""
    head = await connection.fetchrow(_SQL["conversation"], conversation_id)
    if head is None:
        return None
    tickets = await connection.fetch(_SQL["tickets"], conversation_id)
    messages = await connection.fetch(_SQL["messages"], conversation_id, MAX_MESSAGES)
    drafts = await connection.fetch(_SQL["drafts_of_conversation"], conversation_id)
    actions = await connection.fetch(_SQL["actions"], conversation_id)
    return ConversationFile(
        **head,
        tickets=tuple(TicketFile(**row) for row in tickets),
        messages=tuple(MessageFile(**row) for row in messages),
        drafts=tuple(DraftFile(**row) for row in drafts),
        decisions=await decisions.of_conversation(connection, conversation_id),
        actions=tuple(StaffAction(**row) for row in actions),
        openings=tuple(await files.openings(connection, conversation_id)),
        requested=tuple(await requested_drafts.of_conversation(connection, conversation_id)),
    )
