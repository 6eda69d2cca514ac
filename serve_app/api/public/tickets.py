"""The customers' calls: send a form (H1), read the ticket (H2), write into it (H13)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from db.intake.form_files import NewFile
from db.intake.web_form import KeyReusedError, TicketClosedError, accept_form, accept_reply, reply_address
from db.pool import Connection, acquire
from db.records import Channel, ChannelConfig
from db.tickets.reads import TicketWithMessages, ticket_with_messages
from deployments.rules.choices import choices_in
from deployments.rules.frame import inside
from ingest import tracing
from ingest.web_form import SupportForm, TicketReply, new_form, new_reply
from serve_app.api.base.channels import refuse_when_off
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError, retry_after
from serve_app.api.base.limits import count_call
from serve_app.api.base.models import (
    TICKET_NUMBER,
    FormAccepted,
    ReplyAccepted,
    StaffTicketView,
    TicketMessage,
    TicketResponse,
    TicketView,
)
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.public.proof import Proof, Proofs
from serve_app.api.public.status_link import status_token, token_opens

ACCEPTED = "Thank you. We have your request and answer on this ticket, usually within seconds."
TURN_S = 10.0
"""How long a form waits for its turn at the store: a crowd is taken late rather than refused. 503 beyond it."""
FILES_AWAY = "The files can't be kept at the moment. Nothing was stored"
NOT_FOUND = "There is no such ticket, or the token does not open it"

_log = structlog.get_logger(__name__)

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
TicketNumber = Annotated[str, Path(alias="ticket_id")]
Token = Annotated[str, Query(description="The status_token of the form's answer")]


class PublicCalls:
    """Handlers of the customers' calls, each on one connection."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._proofs = Proofs(deps.secret_key, deps.form_proof)

    async def submit(
        self, request: Request, form: SupportForm, key: IdempotencyKey = None, proof: Proof = None
    ) -> Response:
        """Open a ticket. After a 201 it is stored; the answer follows on the ticket."""
        return await self.submit_with(request, form, key, proof, ())

    async def submit_with(
        self, request: Request, form: SupportForm, key: str | None, proof: str | None, files: Sequence[NewFile]
    ) -> Response:
        """Open a ticket, with files."""
        began, deps = time.time_ns(), self._deps
        await refuse_when_off(deps, "web_form")
        record = new_form(form, key=key, now=deps.clock(), files=files)
        public = await deps.staff.holder(request) is None
        if public and deps.form_trap and form.homepage:
            raise ApiError(400, "A field was filled in that people do not see", code="TRAP", field="homepage")
        async with acquire(deps.pool, timeout=TURN_S) as database:
            if public and deps.form_rate is not None:
                await count_call(database, request, "form", deps.form_rate)
            if public and self._proofs.wanted:
                await self._proofs.check(database, proof, record.key)
            try:
                in_folder = await self._in_folder(record.message_id, files)
                accepted = await accept_form(database, record, in_folder=in_folder)
            except KeyReusedError:
                raise key_reused() from None
        deps.relay.wake()
        tracing.accepted(accepted.inbox_id, "web_form", since=began)
        answer = FormAccepted(
            ticket_id=accepted.ticket_number,
            status="open",
            message=ACCEPTED,
            created_at=accepted.created_at,
            status_token=status_token(deps.secret_key, accepted.ticket_number),
        )
        return json_response(answer, 201)

    async def count_refused(self, request: Request) -> None:
        """Count a form that is refused before it gets here. Raises ApiError 429."""
        deps = self._deps
        if deps.form_rate is not None and await deps.staff.holder(request) is None:
            async with acquire(deps.pool) as database:
                await count_call(database, request, "form", deps.form_rate)

    def opens(self, number: str, token: str) -> bool:
        """Whether a token is that of the ticket of this number."""
        return token_opens(self._deps.secret_keys, number, token)

    async def ticket(self, request: Request, number: TicketNumber, token: Token = "") -> Response:
        """Show a ticket to the holder of its token, or to staff by its number.

        A wrong token and an unknown number get the same response after the same work.
        """
        deps = self._deps
        staff = await deps.staff.holder(request) is not None
        async with acquire(deps.pool) as database:
            allowed = is_number(number) if staff else await admitted(deps, database, request, number, token)
            ticket = await ticket_with_messages(database, number) if allowed else None
        if ticket is None:
            raise ApiError(404, NOT_FOUND)
        view = _view(ticket, await deps.configs.all())
        return json_response(_staff_view(ticket, view) if staff else view)

    async def reply(
        self, request: Request, number: TicketNumber, reply: TicketReply, token: Token = "", key: IdempotencyKey = None
    ) -> Response:
        """Write into a ticket; one that was answered or resolved is open again. A closed one refuses with 409."""
        return await self.reply_with(request, number, reply, token, key, ())

    async def reply_with(
        self,
        request: Request,
        number: str,
        reply: TicketReply,
        token: str,
        key: str | None,
        files: Sequence[NewFile],
    ) -> Response:
        """Write into a ticket, with files."""
        began, deps = time.time_ns(), self._deps
        await refuse_when_off(deps, "web_form")
        async with acquire(deps.pool) as database:
            allowed = await admitted(deps, database, request, number, token)
            address = await reply_address(database, number) if allowed else None
            if address is None:
                raise ApiError(404, NOT_FOUND)
            try:
                record = new_reply(reply, address, key=key, now=deps.clock(), files=files)
                in_folder = await self._in_folder(record.message_id, files)
                accepted = await accept_reply(database, record, in_folder=in_folder)
            except TicketClosedError:
                message = "This ticket is closed. Please send a new request"
                raise ApiError(409, message, code="TICKET_CLOSED") from None
            except KeyReusedError:
                raise key_reused() from None
        deps.relay.wake()
        tracing.accepted(record.inbox_id, "web_form", since=began)
        answer = ReplyAccepted(
            ticket_id=number,
            message_id=accepted.message_id,
            status=accepted.status,
            created_at=accepted.created_at,
        )
        return json_response(answer, 201)

    async def _in_folder(self, message_id: UUID, files: Sequence[NewFile]) -> bool:
        """Write the files into the folder, if there is one: what becomes no message is deleted from it later."""
        folder = self._deps.file_folder
        if folder is None or not files:
            return False
        try:
            await asyncio.to_thread(folder.write, message_id, files)
        except OSError as error:
            _log.error("file_not_written", error=str(error))
            raise ApiError(503, FILES_AWAY, headers=retry_after(30)) from error
        return True


def public_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of the customers' calls."""
    calls = PublicCalls(deps)
    router = APIRouter(tags=["customers"])
    off = {403: {**errors(403)[403], "description": "The web form is off"}}
    add_route(
        router, "POST", "/support/form", "/support/submit", calls.submit,
        summary="Send a form", status_code=201, response_model=FormAccepted,
        responses=errors(400, 408, 409, 413, 429, 503) | off,
    )  # fmt: skip
    add_route(
        router, "GET", "/tickets/{ticket_id}", "/support/ticket/{ticket_id}", calls.ticket,
        summary="Look at a ticket", response_model=TicketView | StaffTicketView, responses=errors(404, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", "/tickets/{ticket_id}/messages", None, calls.reply,
        summary="Write into a ticket", status_code=201, response_model=ReplyAccepted,
        responses=errors(400, 404, 408, 409, 413, 429, 503) | off,
    )  # fmt: skip
    return router


def is_number(number: str) -> bool:
    """Return whether a ticket can have this number."""
    return re.fullmatch(TICKET_NUMBER, number) is not None


async def admitted(
    deps: ApiDeps,
    database: Connection,
    request: Request,
    number: str,
    token: str,
    fits: Callable[[Sequence[str], str, str], bool] = token_opens,
) -> bool:
    """Count a look-up of the caller, and return whether the token opens the ticket of this number.

    Raises ApiError 429. The holder of a token is counted, too, where forms are limited.
    """
    opens = fits(deps.secret_keys, number, token)
    if not opens or deps.form_rate is not None:
        await count_call(database, request, "lookup", deps.lookup_rate)
    return opens and is_number(number)


def key_reused() -> ApiError:
    """Return the refusal of an Idempotency-Key that came before with another body."""
    message = "This Idempotency-Key came before with another body"
    return ApiError(409, message, code="IDEMPOTENCY_KEY_REUSED", field="Idempotency-Key")


def _view(ticket: TicketWithMessages, configs: Mapping[Channel, ChannelConfig]) -> TicketView:
    return TicketView(
        ticket_id=ticket.number,
        status=ticket.status,
        category=ticket.category,
        priority=ticket.priority,
        subject=ticket.subject,
        source_channel=ticket.source_channel,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
        resolved_at=ticket.resolved_at,
        responses=[
            TicketResponse(
                text=sent.text,
                body=inside(configs[sent.channel], sent.text) if sent.channel in configs else sent.text,
                channel=sent.channel,
                created_at=sent.created_at,
                author=sent.author,
            )
            for sent in ticket.messages
            if sent.direction == "outbound" and sent.author != "customer"
        ],
        messages=[
            TicketMessage(
                direction=each.direction,
                text=each.text,
                channel=each.channel,
                created_at=each.created_at,
                files=list(each.files),
            )
            for each in ticket.messages
        ],
        escalation_reason=ticket.escalation_reason,
        choices=_open_choices(ticket),
        rated_good=ticket.rated_good,
    )


def _open_choices(ticket: TicketWithMessages) -> list[str]:
    last = ticket.messages[-1] if ticket.messages else None
    return list(choices_in(last.text)) if last is not None and last.author == "agent" else []


def _staff_view(ticket: TicketWithMessages, view: TicketView) -> StaffTicketView:
    return StaffTicketView(**view.model_dump(), conversation_id=ticket.conversation_id, customer_id=ticket.customer_id)
