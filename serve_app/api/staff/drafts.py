"""A draft by the agent for a person who asks for one (issue 13): nothing of it is sent."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from db.measurement.usage import ModelUsage
from db.pool import acquire
from deployments.runtime.retries import NodeUnavailableError
from deployments.turns.requested_drafts import RequestedDraft, RequestedDrafts
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError, retry_after
from serve_app.api.base.limits import count_call
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.refusals import with_api_errors
from serve_app.api.staff.security import STAFF
from serve_app.api.staff.usage import cost_of
from serve_app.settings.values import RateLimit

DRAFTS = RateLimit(hits=60, seconds=60)
"""Of one address: each may cost money."""
AGAIN_S = 5


class DraftView(BaseModel):
    """A draft for your reply; send it with `draft_id`, edited or not. It is kept with what it took."""

    draft_id: UUID
    text: str = Field(description="Without greeting and signature, which your reply gets. Empty: there is none")
    why: str = Field(description="Why there is none, as a code; empty where there is one", examples=["no_kb_match"])
    nothing: str = Field(description="The same in a sentence")
    sources: list[str] = Field(description="The passages of the knowledge base that it rests on")
    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost: float | None = Field(description="At the price in OPENAI_PRICES; null where none is set for this model")


class DraftCalls:
    """Handler of the call."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def draft(self, request: Request, conversation_id: UUID) -> Response:
        """Let the agent draft an answer to what waits for a person here: searched for and checked as its own answers,
        and not sent. Where nothing answers, it says so."""
        by = await self._deps.staff.require(request)
        nodes = self._deps.drafting
        if nodes is None:
            raise ApiError(503, "The agent can't be asked here", headers=retry_after(AGAIN_S))
        async with acquire(self._deps.pool) as database:
            await count_call(database, request, "staff-draft", DRAFTS)
        drafts = RequestedDrafts(pool=self._deps.pool, analysis=nodes.analysis, agent=nodes.agent)
        try:
            made = await with_api_errors(drafts.draft(conversation_id, by=by))
        except NodeUnavailableError:
            raise ApiError(503, "The agent is away for a moment", headers=retry_after(AGAIN_S)) from None
        return json_response(self._view(made))

    def _view(self, made: RequestedDraft) -> DraftView:
        used = ModelUsage(
            model=made.model,
            turns=1,
            requests=made.usage.get("requests", 0),
            input_tokens=made.usage.get("input_tokens", 0),
            output_tokens=made.usage.get("output_tokens", 0),
        )
        return DraftView(
            draft_id=made.draft_id,
            text=made.text,
            why=made.why,
            nothing=made.nothing,
            sources=list(made.sources),
            model=used.model,
            requests=used.requests,
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            cost=cost_of(used, self._deps.prices),
        )


def drafts_router(deps: ApiDeps) -> APIRouter:
    """Return the route of the call."""
    calls = DraftCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "POST", "/conversations/{conversation_id}/draft", None, calls.draft,
        summary="Ask the agent for a draft", response_model=DraftView,
        responses=errors(400, 401, 403, 404, 409, 429, 503),
    )  # fmt: skip
    return router
