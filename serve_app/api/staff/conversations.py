"""Conversations for the staff (H8): lists by state, one conversation in full, and its use of models."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, TypeAdapter
from starlette.responses import Response

from db.measurement import usage
from db.pool import acquire
from db.records import Channel, Queue, Severity
from db.staff import conversations
from db.staff.conversations import ConversationFile, Filters, ListState, Summary
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF
from serve_app.api.staff.usage import UsageView, priced

FILE = TypeAdapter(ConversationFile)
Assignee = Annotated[
    str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="A name; `me`; `nobody`: not taken yet")
]
Search = Annotated[
    str | None,
    Query(
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="Words of messages or subjects, a ticket's number, or part of a customer's name, address or number",
    ),
]


class ConversationList(BaseModel):
    """One page of conversations, the most urgent first, and where the next page begins."""

    conversations: list[Summary]
    next: UUID | None = Field(description="Pass it as `after` for the next page; null at the end")


class ConversationUsage(BaseModel):
    """The use of language models in a conversation, by model."""

    usage: list[UsageView]


class ConversationCalls:
    """Handlers of the calls that show conversations."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def list_all(
        self,
        request: Request,
        state: Annotated[ListState, Query()] = "handed_over",
        queue: Annotated[Queue | None, Query()] = None,
        severity: Annotated[Severity | None, Query()] = None,
        channel: Annotated[Channel | None, Query()] = None,
        assignee: Assignee = None,
        search: Search = None,
        after: Annotated[UUID | None, Query(description="The last conversation of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:
        """List conversations. `handed_over`: the most severe first, of those the one that waits longest; `drafts`: the
        one that waits longest first; `agent` and `closed` (resolved too): the newest first. A search looks through
        every state, and the newest come first."""
        by = await self._deps.staff.require(request)
        who = {"me": by, "nobody": ""}.get(assignee, assignee) if assignee else None
        filters = Filters(queue=queue, severity=severity, channel=channel, assignee=who)
        async with acquire(self._deps.pool) as database:
            if search and search.strip():
                found = await conversations.search(database, search, filters, after=after, limit=limit)
            else:
                found = await conversations.list_work(database, state, filters, after=after, limit=limit)
        following = found[-1].conversation_id if len(found) == limit else None
        return json_response(ConversationList(conversations=found, next=following))

    async def show(self, request: Request, conversation_id: UUID) -> Response:
        """Show a conversation with messages and their delivery, tickets, hand-over, drafts, decisions and actions."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            found = await conversations.conversation_file(database, conversation_id)
        if found is None:
            raise ApiError(404, "There is no such conversation")
        return json_response(FILE.dump_json(found))

    async def usage(self, request: Request, conversation_id: UUID) -> Response:
        """Show how many requests and tokens a conversation took, by model, and what they cost."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            known = await conversations.exists(database, conversation_id)
            used = await usage.of_conversation(database, conversation_id)
        if not known:
            raise ApiError(404, "There is no such conversation")
        return json_response(ConversationUsage(usage=priced(used, self._deps.prices)))


def conversations_router(deps: ApiDeps) -> APIRouter:
    """Return the routes that show conversations."""
    calls = ConversationCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/conversations", "/conversations", calls.list_all,
        summary="List conversations", response_model=ConversationList, responses=errors(400, 401, 403, 429, 503),
    )  # fmt: skip
    add_route(
        router, "GET", "/conversations/{conversation_id}", "/conversations/{conversation_id}", calls.show,
        summary="Show a conversation", response_model=ConversationFile, responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    add_route(
        router, "GET", "/conversations/{conversation_id}/usage", "/conversations/{conversation_id}/usage", calls.usage,
        summary="Show what models a conversation took", response_model=ConversationUsage,
        responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    return router
