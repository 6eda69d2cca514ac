"""Staff actions on a conversation (H11, G14), each stored under the name of the caller's key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from db.records import Category, ConversationStatus, Owner, Priority, TicketStatus
from db.staff.actions import ConversationState
from deployments.agent.checks.guardrails import Guard
from deployments.staff.desk import NewLabels, ReleaseResult, StaffDesk
from deployments.staff.replies import SentReply, StaffReplies
from ingest.web_form import ReplyText
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.public.status_link import status_link
from serve_app.api.public.tickets import IdempotencyKey
from serve_app.api.staff.refusals import with_api_errors
from serve_app.api.staff.security import STAFF

SENT_REPLY = TypeAdapter(SentReply)
NEW_LABELS = TypeAdapter(NewLabels)
PATH = "/conversations/{conversation_id}"


Seen = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The `version` of the conversation that you have looked at: another is a 409. Needed in a session",
    ),
]


class StaffReply(BaseModel):
    """A person's reply: the customer gets all of it, with the channel's greeting, signature and reference around it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: ReplyText
    draft_id: UUID | None = Field(
        default=None, description="The draft of the agent's, asked for by `draft`, that your text was made of"
    )


class Approval(BaseModel):
    """Which draft is approved, with which text; an empty body approves the oldest draft as it is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    draft_id: UUID | None = Field(default=None, description="The oldest that waits, if left out")
    text: ReplyText | None = Field(default=None, description="What to say instead; then it goes in your name")


class Correction(BaseModel):
    """What the newest ticket is really about and how much it presses; what is left out stays."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra={"minProperties": 1})

    category: Category | SkipJsonSchema[None] = Field(default=None, description="general: none of the others")
    priority: Priority | SkipJsonSchema[None] = None

    @model_validator(mode="after")
    def _says_something(self) -> Correction:
        if self.category is None and self.priority is None:
            raise ValueError("give a category, a priority or both")
        return self


class StateView(BaseModel):
    """The state of a conversation. `assignee` null: the agent has it, or no person has taken it yet."""

    conversation_id: UUID
    status: ConversationStatus
    owner: Owner
    assignee: str | None
    ticket_id: str
    ticket_status: TicketStatus


class ReleaseView(StateView):
    """The state after a release; `to_answer` counts the customer's messages that the agent answers now.

    `unanswered`: nobody has replied to the customer's last message, and nobody will until they write again.
    """

    to_answer: int
    unanswered: bool


class StaffCalls:
    """Handlers of the actions on a conversation."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        links = partial(status_link, deps.public_base_url, deps.secret_key)
        self._desk = StaffDesk(pool=deps.pool, relay=deps.relay)
        self._replies = StaffReplies(
            pool=deps.pool, relay=deps.relay, links=links, guard=Guard(deps.company), clock=deps.clock
        )

    async def take_over(self, request: Request, conversation_id: UUID, seen: Seen = None) -> Response:
        """Take the conversation over, from another person too. The agent stops; its unsent replies are dropped."""
        by, version = await self._by(request, seen)
        return _state_response(await with_api_errors(self._desk.take_over(conversation_id, by=by, seen=version)))

    async def reply(
        self,
        request: Request,
        conversation_id: UUID,
        reply: StaffReply,
        key: IdempotencyKey = None,
        seen: Seen = None,
    ) -> Response:
        """Write to the customer over their channel, in the form of its replies. Findings of the guard are warnings,
        nothing is blocked. The first reply is a take-over too."""
        by, version = await self._by(request, seen)
        call = self._replies.reply(
            conversation_id, by=by, text=reply.text, draft_id=reply.draft_id, key=key, seen=version
        )
        sent = await with_api_errors(call)
        return json_response(SENT_REPLY.dump_json(sent), 201)

    async def release(self, request: Request, conversation_id: UUID, seen: Seen = None) -> Response:
        """Give the conversation back to the agent, which answers the messages since a person wrote last."""
        by, version = await self._by(request, seen)
        released: ReleaseResult = await with_api_errors(self._desk.release(conversation_id, by=by, seen=version))
        return json_response(
            ReleaseView(**_fields(released.state), to_answer=released.woken, unanswered=released.unanswered)
        )

    async def resolve(self, request: Request, conversation_id: UUID, seen: Seen = None) -> Response:
        """Resolve the ticket. The customer's next message opens it again, for the same owner."""
        by, version = await self._by(request, seen)
        return _state_response(await with_api_errors(self._desk.resolve(conversation_id, by=by, seen=version)))

    async def close(self, request: Request, conversation_id: UUID, seen: Seen = None) -> Response:
        """Close the conversation for good."""
        by, version = await self._by(request, seen)
        return _state_response(await with_api_errors(self._desk.close(conversation_id, by=by, seen=version)))

    async def approve(
        self,
        request: Request,
        conversation_id: UUID,
        approval: Annotated[Approval | None, Body()] = None,
        key: IdempotencyKey = None,
        seen: Seen = None,
    ) -> Response:
        """Send one of the agent's drafts, as it is or with your own text."""
        by, version = await self._by(request, seen)
        wanted = approval or Approval()
        call = self._replies.approve(
            conversation_id, by=by, draft_id=wanted.draft_id, text=wanted.text, key=key, seen=version
        )
        return json_response(SENT_REPLY.dump_json(await with_api_errors(call)))

    async def label(
        self, request: Request, conversation_id: UUID, correction: Correction, seen: Seen = None
    ) -> Response:
        """Correct the ticket's category or priority. Its hand-over goes to the queue that follows, with the same
        clock, and the correction is kept for a later training."""
        by, version = await self._by(request, seen)
        call = self._desk.label(
            conversation_id, by=by, category=correction.category, priority=correction.priority, seen=version
        )
        return json_response(NEW_LABELS.dump_json(await with_api_errors(call)))

    async def _by(self, request: Request, seen: str | None) -> tuple[str, str | None]:
        """Return who is calling, and the version that they have seen; a session's call has to name it."""
        by = await self._deps.staff.require(request)
        if seen is None and self._deps.staff.in_session(request):
            message = "Name the version of the conversation that you have looked at"
            raise ApiError(400, message, code="VALIDATION_ERROR", field="If-Match")
        return by, seen.strip('"') if seen else None


def staff_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of the actions on a conversation."""
    calls = StaffCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    _add(router, "take-over", calls.take_over, "Take a conversation over", StateView)
    _add(router, "release", calls.release, "Give a conversation back to the agent", ReleaseView)
    _add(router, "resolve", calls.resolve, "Resolve a conversation's ticket", StateView)
    _add(router, "close", calls.close, "Close a conversation", StateView)
    _add(router, "label", calls.label, "Correct category and priority", NewLabels, body=True)
    _add(router, "approve", calls.approve, "Approve a draft", SentReply, body=True)
    _add(router, "reply", calls.reply, "Reply to the customer", SentReply, body=True, status=201)
    return router


def _add(
    router: APIRouter,
    action: str,
    handler: Callable[..., Awaitable[Response]],
    summary: str,
    answer: type,
    *,
    body: bool = False,
    status: int = 200,
) -> None:
    refusals = (400, 401, 403, 404, 409, 429, 503, *((408, 413) if body else ()))
    add_route(
        router, "POST", f"{PATH}/{action}", f"{PATH}/{action}", handler,
        summary=summary, status_code=status, response_model=answer, responses=errors(*refusals),
    )  # fmt: skip


def _fields(state: ConversationState) -> dict[str, object]:
    fields = {name: getattr(state, name) for name in StateView.model_fields if name != "ticket_id"}
    return fields | {"ticket_id": state.ticket_number}


def _state_response(state: ConversationState) -> Response:
    return json_response(StateView(**_fields(state)))
