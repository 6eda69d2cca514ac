"""What the desk's page needs beside the conversations: news, who is looking, and ready answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response, StreamingResponse

from db.pool import acquire
from db.staff import canned, presence
from db.staff.canned import ReadyAnswer
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError, retry_after
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.desk_feed import DeskFeed
from serve_app.api.staff.security import STAFF

Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


class Presence(BaseModel):
    """That you have a conversation open. Repeat it every 20 s: after 45 s of silence you have left."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    writing: bool = Field(default=False, description="A reply is being written")


class ReadyAnswers(BaseModel):
    """Passages of the knowledge base."""

    answers: list[ReadyAnswer]


class DeskCalls:
    """Handlers of these calls."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._feed = DeskFeed(deps.pool)

    async def events(self, request: Request) -> Response:
        """Stream news of the desk: sizes of the lists, conversations that have changed, who looks at what. It ends
        after half a minute; open the next one."""
        await self._deps.staff.require(request)
        if self._feed.is_full:
            raise ApiError(503, "Too many pages listen; read the lists again and again", headers=retry_after(10))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._feed.listen(), headers=headers, media_type="text/event-stream")

    async def look(self, request: Request, conversation_id: UUID, here: Presence) -> Response:
        """Say that you have this conversation open, so that your colleagues see it."""
        by = await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            if not await presence.look(database, conversation_id, by, writing=here.writing):
                raise ApiError(404, "There is no such conversation")
        return Response(status_code=204)

    async def leave(self, request: Request) -> Response:
        """Say that you have no conversation open any more."""
        by = await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            await presence.leave(database, by)
        return Response(status_code=204)

    async def answers(
        self,
        request: Request,
        slug: Annotated[list[Text], Query(max_length=20, description="Of the passages in a decision record")] = [],  # noqa: B006
        search: Annotated[Text, Query()] = "",
        limit: Annotated[int, Query(ge=1, le=50)] = 8,
    ) -> Response:
        """Show passages of the knowledge base to answer from: these ones, or those that hold the words searched for."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            found = (
                await canned.by_slug(database, slug) if slug else await canned.by_words(database, search, limit=limit)
            )
        return json_response(ReadyAnswers(answers=found))


def desk_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of these calls."""
    calls = DeskCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    # Not in the OpenAPI: a call that does not end, for the desk's page alone.
    add_route(router, "GET", "/staff/events", None, calls.events, include_in_schema=False)
    add_route(
        router, "POST", "/conversations/{conversation_id}/presence", None, calls.look,
        summary="Say that you are looking", status_code=204, responses=errors(400, 401, 403, 404, 408, 413, 429, 503),
    )  # fmt: skip
    add_route(
        router, "DELETE", "/staff/presence", None, calls.leave,
        summary="Say that you have left", status_code=204, responses=errors(401, 403, 429, 503),
    )  # fmt: skip
    add_route(
        router, "GET", "/staff/answers", None, calls.answers,
        summary="Ready answers from the knowledge base", response_model=ReadyAnswers,
        responses=errors(400, 401, 403, 429, 503),
    )  # fmt: skip
    return router
