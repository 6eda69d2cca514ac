"""The customer's mark for a ticket: whether the answer was any help."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from db.pool import acquire
from db.tickets.ratings import rate
from db.tickets.reads import ticket_with_messages
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.limits import count_call
from serve_app.api.base.models import TICKET_NUMBER, RatingAccepted
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.public.status_link import token_opens
from serve_app.api.public.tickets import NOT_FOUND, TicketNumber, Token

TOO_EARLY = "The ticket has no answer yet that could be marked"


class NewRating(BaseModel):
    """Whether the answer was any help."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    good: bool = Field(strict=True)


class RatingCalls:
    """Handler of POST /tickets/{ticket_id}/rating."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def rate(self, request: Request, number: TicketNumber, rating: NewRating, token: Token = "") -> Response:
        """Mark an answered or ended ticket; the last mark counts. A good one resolves a ticket that waits for you, a
        bad one brings a person where the product is set so."""
        deps = self._deps
        opens = token_opens(deps.secret_key, number, token)
        async with acquire(deps.pool) as database:
            if not opens or deps.form_rate is not None:
                await count_call(database, request, "lookup", deps.lookup_rate)
            allowed = opens and re.fullmatch(TICKET_NUMBER, number)
            if not allowed or await ticket_with_messages(database, number) is None:
                raise ApiError(404, NOT_FOUND)
            async with database.transaction():
                status = await rate(database, number, good=rating.good, reopen=deps.rating_reopens)
        if status is None:
            raise ApiError(409, TOO_EARLY, code="NOT_NOW")
        return json_response(RatingAccepted(ticket_id=number, good=rating.good, status=status))


def rating_router(deps: ApiDeps) -> APIRouter:
    """Return the route of the mark."""
    router = APIRouter(tags=["customers"])
    add_route(
        router, "POST", "/tickets/{ticket_id}/rating", None, RatingCalls(deps).rate,
        summary="Mark a ticket", response_model=RatingAccepted, responses=errors(400, 404, 408, 409, 413, 429, 503),
    )  # fmt: skip
    return router
