"""The customer's mark for a ticket: whether the answer was any help."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from db.pool import acquire
from db.tickets.ratings import UnknownTicketError, rate
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.models import RatingAccepted
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.public.status_link import token_marks
from serve_app.api.public.tickets import NOT_FOUND, TicketNumber, Token, admitted

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
        bad one brings a person where the product is set so. The token is the ticket's, or that of
        the question by mail."""
        deps = self._deps
        async with acquire(deps.pool) as database:
            if not await admitted(deps, database, request, number, token, token_marks):
                raise ApiError(404, NOT_FOUND)
            try:
                async with database.transaction():
                    status = await rate(database, number, good=rating.good, reopen=deps.rating_reopens)
            except UnknownTicketError:
                raise ApiError(404, NOT_FOUND) from None
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
