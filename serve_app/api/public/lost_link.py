"""Sends the link of a ticket again, to the address that the ticket was opened from (T-S8)."""

from __future__ import annotations

from functools import partial
from typing import Literal

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.background import BackgroundTask
from starlette.responses import Response

from db.pool import DatabaseUnavailableError, acquire
from deployments.channels.status_mails import StatusMails
from ingest.web_form import Email
from serve_app.api.base.channels import refuse_when_off
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.limits import count_call
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.public.status_link import status_link
from serve_app.api.public.tickets import TicketNumber

ASKED = (
    "If there is such a ticket and it was opened from this address, the link is on its way there. "
    "At most one such mail is sent an hour."
)
NO_MAIL = "Mail is off: no credentials are configured"

log = structlog.get_logger(__name__)


class LostLink(BaseModel):
    """The address that the ticket was opened from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    email: Email


class LinkSent(BaseModel):
    """The same for every ticket and address, so that it reveals neither."""

    status: Literal["asked"] = "asked"
    message: str = ASKED


class LostLinkCalls:
    """The handler of POST /tickets/{ticket_id}/link."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        links = partial(status_link, deps.public_base_url, deps.secret_key)
        self._mails = StatusMails(pool=deps.pool, links=links)

    async def send(self, request: Request, number: TicketNumber, wanted: LostLink) -> Response:
        """Send the status link again, to the address that the ticket was opened from and to no other."""
        await refuse_when_off(self._deps, "email")
        if self._deps.gmail.missing:
            raise ApiError(403, NO_MAIL, code="CHANNEL_OFF")
        async with acquire(self._deps.pool) as database:
            await count_call(database, request, "lost-link", self._deps.lookup_rate)
        response = json_response(LinkSent(), 202)
        # Behind the answer, so that its time tells nothing either.
        response.background = BackgroundTask(self._look, number, wanted.email)
        return response

    async def _look(self, number: str, address: str) -> None:
        try:
            await self._mails.send_link(number, address)
        except DatabaseUnavailableError as error:
            log.warning("link_not_sent", error=str(error))


def lost_link_router(deps: ApiDeps) -> APIRouter:
    """Return the route by which a lost link is asked for."""
    router = APIRouter(tags=["customers"])
    off = {403: {**errors(403)[403], "description": "Mail is off"}}
    add_route(
        router, "POST", "/tickets/{ticket_id}/link", None, LostLinkCalls(deps).send,
        summary="Send a ticket's link again", status_code=202, response_model=LinkSent,
        responses=errors(400, 408, 413, 429, 503) | off,
    )  # fmt: skip
    return router
