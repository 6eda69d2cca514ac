"""Conversations, as the staff see them (H8): what waits for people, and one conversation whole."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, TypeAdapter
from starlette.responses import Response

from db import conversations
from db.conversations import ConversationFile, ListState, Summary
from db.pool import connection
from serve_app.api.deps import ApiDeps
from serve_app.api.errors import ApiError
from serve_app.api.routes import add_both, errors, json_response
from serve_app.api.staff import STAFF

FILE = TypeAdapter(ConversationFile)


class ConversationList(BaseModel):
    """Conversations in the order in which to look at them, and where the next page begins."""

    conversations: list[Summary]
    next: UUID | None = Field(description="Pass it as `after` for the next page; null at the end")


class ConversationCalls:
    """The handlers."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def list_all(
        self,
        request: Request,
        state: Annotated[ListState, Query()] = "handed_over",
        after: Annotated[UUID | None, Query(description="The last conversation of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:
        """List conversations. `handed_over`: the most severe first, of those the one that waits longest; `drafts`: the
        one that waits longest first; `agent` and `closed` (resolved too): the newest first."""
        self._deps.staff.require(request)
        async with connection(self._deps.pool) as database:
            found = await conversations.list_work(database, state, after=after, limit=limit)
        following = found[-1].conversation_id if len(found) == limit else None
        return json_response(ConversationList(conversations=found, next=following))

    async def show(self, request: Request, conversation_id: UUID) -> Response:
        """Show a conversation with messages and their delivery, tickets, hand-over, drafts, decisions and actions."""
        self._deps.staff.require(request)
        async with connection(self._deps.pool) as database:
            found = await conversations.conversation_file(database, conversation_id)
        if found is None:
            raise ApiError(404, "There is no such conversation")
        return Response(FILE.dump_json(found), 200, {"Cache-Control": "no-store"}, media_type="application/json")


def conversations_router(deps: ApiDeps) -> APIRouter:
    """Return the calls that show conversations."""
    calls = ConversationCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_both(
        router, "GET", "/conversations", "/conversations", calls.list_all,
        summary="List conversations", response_model=ConversationList, responses=errors(400, 401, 403, 503),
    )  # fmt: skip
    add_both(
        router, "GET", "/conversations/{conversation_id}", "/conversations/{conversation_id}", calls.show,
        summary="Show a conversation", response_model=ConversationFile, responses=errors(400, 401, 403, 404, 503),
    )  # fmt: skip
    return router
