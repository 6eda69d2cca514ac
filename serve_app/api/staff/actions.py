"""What the staff do with a conversation (H11, G14), each action under the name of the key's holder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from db.intake.web_form import KeyReusedError
from db.records import TicketStatus
from db.staff.actions import ConversationStatus, Owner, Standing
from deployments.staff.desk import NotNowError, Released, Spoken, StaffDesk, UnknownConversationError
from ingest.web_form import ReplyText
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_both, errors, json_response
from serve_app.api.public.tickets import IdempotencyKey
from serve_app.api.staff.security import STAFF

T = TypeVar("T")
SPOKEN = TypeAdapter(Spoken)
PATH = "/conversations/{conversation_id}"


class StaffReply(BaseModel):
    """A person's words to the customer; they go out as they are."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: ReplyText


class Approval(BaseModel):
    """Which draft is approved, and as what; an empty body approves the oldest as it is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    draft_id: UUID | None = Field(default=None, description="The oldest that waits, if left out")
    text: ReplyText | None = Field(default=None, description="What to say instead; then it goes in your name")


class StandingView(BaseModel):
    """How a conversation stands now. `assignee` null: the agent has it, or nobody has come yet."""

    conversation_id: UUID
    status: ConversationStatus
    owner: Owner
    assignee: str | None
    ticket_id: str
    ticket_status: TicketStatus


class ReleaseView(StandingView):
    """The same; `to_answer` counts the customer's messages that the agent answers now.

    `unanswered`: nobody has replied to the customer's last message, and nobody will until he writes again.
    """

    to_answer: int
    unanswered: bool


class StaffCalls:
    """The handlers."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._desk = StaffDesk(pool=deps.pool, relay=deps.relay, clock=deps.clock)

    async def take_over(self, request: Request, conversation_id: UUID) -> Response:
        """Make it your conversation, whoever had it. The agent falls silent; what it has not sent stays unsent."""
        by = self._deps.staff.require(request)
        return _standing(await _done(self._desk.take_over(conversation_id, by=by)))

    async def reply(
        self, request: Request, conversation_id: UUID, reply: StaffReply, key: IdempotencyKey = None
    ) -> Response:
        """Write to the customer over his channel. Findings of the guard are warnings, nothing is blocked. The first
        reply is a take-over too."""
        by = self._deps.staff.require(request)
        spoken = await _done(self._desk.reply(conversation_id, by=by, text=reply.text, key=key))
        return _spoken(spoken, 201)

    async def release(self, request: Request, conversation_id: UUID) -> Response:
        """Give the conversation back to the agent, which answers what came in since a person wrote last."""
        by = self._deps.staff.require(request)
        released: Released = await _done(self._desk.release(conversation_id, by=by))
        return json_response(
            ReleaseView(**_fields(released.standing), to_answer=released.woken, unanswered=released.unanswered)
        )

    async def resolve(self, request: Request, conversation_id: UUID) -> Response:
        """Resolve the ticket; if the customer writes again it is open again, with whom it was."""
        by = self._deps.staff.require(request)
        return _standing(await _done(self._desk.resolve(conversation_id, by=by)))

    async def close(self, request: Request, conversation_id: UUID) -> Response:
        """End the conversation for good."""
        by = self._deps.staff.require(request)
        return _standing(await _done(self._desk.close(conversation_id, by=by)))

    async def approve(
        self,
        request: Request,
        conversation_id: UUID,
        approval: Annotated[Approval | None, Body()] = None,
        key: IdempotencyKey = None,
    ) -> Response:
        """Send a draft of the agent's, as it is or with your own text."""
        by = self._deps.staff.require(request)
        wanted = approval or Approval()
        call = self._desk.approve(conversation_id, by=by, draft_id=wanted.draft_id, text=wanted.text, key=key)
        return _spoken(await _done(call), 200)


def staff_router(deps: ApiDeps) -> APIRouter:
    """Return the staff's actions on a conversation."""
    calls = StaffCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    _add(router, "take-over", calls.take_over, "Take a conversation over", StandingView)
    _add(router, "release", calls.release, "Give a conversation back to the agent", ReleaseView)
    _add(router, "resolve", calls.resolve, "Resolve a conversation's ticket", StandingView)
    _add(router, "close", calls.close, "Close a conversation", StandingView)
    _add(router, "approve", calls.approve, "Approve a draft", Spoken, body=True)
    _add(router, "reply", calls.reply, "Reply to the customer", Spoken, body=True, status=201)
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
    refusals = (400, 401, 403, 404, 409, 503, *((408, 413) if body else ()))
    add_both(
        router, "POST", f"{PATH}/{action}", f"{PATH}/{action}", handler,
        summary=summary, status_code=status, response_model=answer, responses=errors(*refusals),
    )  # fmt: skip


async def _done(action: Awaitable[T]) -> T:
    """Await an action; its refusals become answers. Raises ApiError: 404, 409."""
    try:
        return await action
    except UnknownConversationError:
        raise ApiError(404, "There is no such conversation") from None
    except NotNowError as error:
        raise ApiError(409, str(error), code="NOT_NOW") from None
    except KeyReusedError:
        message = "This Idempotency-Key came before with another body"
        raise ApiError(409, message, code="IDEMPOTENCY_KEY_REUSED", field="Idempotency-Key") from None


def _fields(standing: Standing) -> dict[str, object]:
    return {name: getattr(standing, name) for name in StandingView.model_fields}


def _standing(standing: Standing) -> Response:
    return json_response(StandingView(**_fields(standing)))


def _spoken(spoken: Spoken, status: int) -> Response:
    return Response(SPOKEN.dump_json(spoken), status, {"Cache-Control": "no-store"}, media_type="application/json")
