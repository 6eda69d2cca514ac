"""The customers' calls: send a form (H1), look at the ticket (H2), write into it (H13)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from db.intake.web_form import KeyReusedError, TicketClosedError, accept_form, accept_reply, reply_address
from db.pool import acquire
from db.tickets.reads import TicketStory, ticket_story
from ingest.web_form import SupportForm, TicketReply, new_form, new_reply
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.limits import count_call
from serve_app.api.base.models import (
    FormAccepted,
    ReplyAccepted,
    StaffTicketView,
    TicketMessage,
    TicketResponse,
    TicketView,
)
from serve_app.api.base.routes import add_both, errors, json_response
from serve_app.api.public.status_link import status_token, token_opens

ACCEPTED = "Thank you. We have your request and answer on this ticket, usually within seconds."
NOT_FOUND = "There is no such ticket, or the token does not open it"
_NUMBER = re.compile(r"TKT-[0-9]{4,18}")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Visible ASCII. The same key and body answer as the first call did; another body is a 409",
    ),
]
Token = Annotated[str, Query(description="The status_token of the form's answer")]


class PublicCalls:
    """The handlers, each over one connection."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    def _from_staff(self, request: Request) -> bool:
        return self._deps.staff.holder(request.headers.get("authorization")) is not None

    async def submit(self, request: Request, form: SupportForm, key: IdempotencyKey = None) -> Response:
        """Open a ticket. What was answered with 201 is stored; the answer follows on the ticket."""
        deps = self._deps
        record = new_form(form, key=key, now=deps.clock())
        async with acquire(deps.pool) as database:
            if deps.form_rate is not None and not self._from_staff(request):
                await count_call(database, request, "form", deps.form_rate)
            try:
                accepted = await accept_form(database, record)
            except KeyReusedError:
                raise _key_reused() from None
        deps.relay.wake()
        answer = FormAccepted(
            ticket_id=accepted.ticket_number,
            status="open",
            message=ACCEPTED,
            created_at=accepted.created_at,
            status_token=status_token(deps.secret_key, accepted.ticket_number),
        )
        return json_response(answer, 201)

    async def ticket(self, request: Request, ticket_id: str, token: Token = "") -> Response:
        """Show a ticket to whoever holds its token, or to the staff by its number.

        A wrong token and a number that does not exist are told apart by nothing, neither body nor work done.
        """
        deps = self._deps
        staff = self._from_staff(request)
        opens = token_opens(deps.secret_key, ticket_id, token)
        async with acquire(deps.pool) as database:
            if not staff and (not opens or deps.form_rate is not None):
                await count_call(database, request, "lookup", deps.lookup_rate)
            known = (staff or opens) and _NUMBER.fullmatch(ticket_id)
            story = await ticket_story(database, ticket_id) if known else None
        if story is None:
            raise ApiError(404, NOT_FOUND)
        return json_response(_staff_view(story) if staff else _view(story))

    async def reply(
        self, request: Request, ticket_id: str, reply: TicketReply, token: Token = "", key: IdempotencyKey = None
    ) -> Response:
        """Write into a ticket; one that was answered or resolved is open again. A closed one is a 409."""
        deps = self._deps
        opens = token_opens(deps.secret_key, ticket_id, token)
        async with acquire(deps.pool) as database:
            if not opens or deps.form_rate is not None:
                await count_call(database, request, "lookup", deps.lookup_rate)
            address = await reply_address(database, ticket_id) if opens and _NUMBER.fullmatch(ticket_id) else None
            if address is None:
                raise ApiError(404, NOT_FOUND)
            try:
                accepted = await accept_reply(database, new_reply(reply, address, key=key, now=deps.clock()))
            except TicketClosedError:
                message = "This ticket is closed. Please send a new request"
                raise ApiError(409, message, code="TICKET_CLOSED") from None
            except KeyReusedError:
                raise _key_reused() from None
        deps.relay.wake()
        answer = ReplyAccepted(
            ticket_id=ticket_id,
            message_id=accepted.message_id,
            status=accepted.status,
            created_at=accepted.created_at,
        )
        return json_response(answer, 201)


def public_router(deps: ApiDeps) -> APIRouter:
    """Return the customers' calls."""
    calls = PublicCalls(deps)
    router = APIRouter(tags=["customers"])
    add_both(
        router, "POST", "/support/form", "/support/submit", calls.submit,
        summary="Send a form", status_code=201, response_model=FormAccepted,
        responses=errors(400, 408, 409, 413, 429, 503),
    )  # fmt: skip
    add_both(
        router, "GET", "/tickets/{ticket_id}", "/support/ticket/{ticket_id}", calls.ticket,
        summary="Look at a ticket", response_model=TicketView | StaffTicketView, responses=errors(404, 429, 503),
    )  # fmt: skip
    add_both(
        router, "POST", "/tickets/{ticket_id}/messages", None, calls.reply,
        summary="Write into a ticket", status_code=201, response_model=ReplyAccepted,
        responses=errors(400, 404, 408, 409, 413, 429, 503),
    )  # fmt: skip
    return router


def _key_reused() -> ApiError:
    message = "This Idempotency-Key came before with another body"
    return ApiError(409, message, code="IDEMPOTENCY_KEY_REUSED", field="Idempotency-Key")


def _view(story: TicketStory) -> TicketView:
    return TicketView(
        ticket_id=story.number,
        status=story.status,
        category=story.category,
        priority=story.priority,
        subject=story.subject,
        source_channel=story.source_channel,
        created_at=story.created_at,
        updated_at=story.updated_at,
        resolved_at=story.resolved_at,
        responses=[
            TicketResponse(text=said.text, channel=said.channel, created_at=said.created_at, author=said.author)
            for said in story.messages
            if said.direction == "outbound" and said.author != "customer"
        ],
        messages=[
            TicketMessage(direction=said.direction, text=said.text, channel=said.channel, created_at=said.created_at)
            for said in story.messages
        ],
        escalation_reason=story.escalation_reason,
    )


def _staff_view(story: TicketStory) -> StaffTicketView:
    return StaffTicketView(
        **_view(story).model_dump(), conversation_id=story.conversation_id, customer_id=story.customer_id
    )
