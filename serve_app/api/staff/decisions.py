"""The turns of a ticket with their decision records (G13), for the staff."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from db.pool import acquire
from db.turns import decisions
from db.turns.decisions import ExplainedTicket
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF

EXPLAINED = TypeAdapter(ExplainedTicket)


class DecisionCalls:
    """Handler of the explanation."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def explain(self, request: Request, ticket_id: str) -> Response:
        """Show each turn of a ticket: the messages, which rule decided and why, the reply and its delivery."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            ticket = await decisions.explain(database, ticket_id)
        if ticket is None:
            raise ApiError(404, f"There is no ticket {ticket_id}")
        return json_response(EXPLAINED.dump_json(ticket))


def decisions_router(deps: ApiDeps) -> APIRouter:
    """Return the route of the explanation."""
    calls = DecisionCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/tickets/{ticket_id}/decisions", None, calls.explain,
        summary="Explain a ticket", response_model=ExplainedTicket, responses=errors(401, 403, 404, 429, 503),
    )  # fmt: skip
    return router
