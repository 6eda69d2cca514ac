"""Entries for the knowledge base that were learned from hand-overs (M3), for the staff to decide on."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from db.embedding_models import ModelChangedError
from db.staff.learned import HeldEntry, State
from deployments.learning.review import (
    EntryChangedError,
    FindingsError,
    LearnedEntries,
    ReviewedEntry,
    UnknownEntryError,
)
from deployments.runtime.retries import NodeUnavailableError
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError, FieldProblem, retry_after
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF

AGAIN_S = 5
PATH = "/staff/learned"
Words = StringConstraints(strip_whitespace=True, min_length=3, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")
Seen = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The `version` of the entry that you have looked at: another is a 409. Needed in a session",
    ),
]


class LearnedApproval(BaseModel):
    """The words to put into the knowledge base; an empty body takes the entry's own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Annotated[str, Words, Field(max_length=500)] | None = Field(default=None, description="What it answers")
    answer: Annotated[str, Words, Field(max_length=8000)] | None = Field(default=None, description="What is told then")
    confirmed: list[Annotated[str, StringConstraints(max_length=40)]] = Field(
        default=[], max_length=40, description="The codes of the findings that you have read and accept"
    )


class FindingView(BaseModel):
    """What speaks against an entry: `blocks` has to be edited away, the others have to be `confirmed`."""

    code: str
    detail: str
    blocks: bool


class EntryState(BaseModel):
    """An entry after a decision. `slug` names its passage in decision records and `nightdesk kb list`."""

    entry_id: UUID
    state: State
    version: str
    slug: str | None


class EntryView(EntryState):
    """An entry: who asked for it, what speaks against it, and what rests on it since it was approved.

    `nearest_title` is the section that it is most like, with their cosine. `answers` rest on it; `good` and `bad` are
    the marks of their tickets.
    """

    title: str
    answer: str
    findings: list[FindingView]
    nearest_title: str | None
    nearest_cosine: float | None
    asked: int = Field(description="Tickets that asked for it")
    customers: int
    ticket_ids: list[str] = Field(description="The newest of them, by number")
    answers: int
    good: int
    bad: int
    decided_by: str | None
    decided_at: datetime | None
    created_at: datetime


class LearnedList(BaseModel):
    """The entries of a state, those that most customers asked for first. `learning` false: LEARN_FROM_CUSTOMERS is not
    set, so there are no candidates."""

    learning: bool
    entries: list[EntryView]


class LearnedCalls:
    """Staff's calls. Nothing is listed as a candidate or approved without LEARN_FROM_CUSTOMERS; the rest always works,
    so that what was learned can be withdrawn."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._entries = LearnedEntries(pool=deps.pool, company=deps.company)

    async def list(
        self, request: Request, state: State = "candidate", limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Response:
        """Show what was learned from people's answers to hand-overs, and waits for you or is in the knowledge base."""
        await self._deps.staff.require(request)
        hidden = state == "candidate" and not self._deps.learns
        found = [] if hidden else await self._entries.list(state, limit=limit)
        return json_response(LearnedList(learning=self._deps.learns, entries=[_view(one) for one in found]))

    async def approve(
        self,
        request: Request,
        entry_id: UUID,
        approval: Annotated[LearnedApproval | None, Body()] = None,
        seen: Seen = None,
    ) -> Response:
        """Put an entry into the knowledge base, in your words or its own: the agent answers from it at once. What
        speaks against it has to be edited away or confirmed, by its code."""
        by, version = await self._by(request, seen)
        nodes = self._deps.drafting
        if not self._deps.learns:
            raise ApiError(409, "LEARN_FROM_CUSTOMERS is not true: nothing is learned here", code="NOT_NOW")
        if nodes is None:
            raise ApiError(503, "The analysis node can't be asked here", headers=retry_after(AGAIN_S))
        wanted = approval or LearnedApproval()
        call = self._entries.approve(
            entry_id,
            analysis=nodes.analysis,
            by=by,
            title=wanted.title,
            answer=wanted.answer,
            confirmed=wanted.confirmed,
            seen=version,
        )
        return json_response(_state(await _with_api_errors(call)))

    async def reject(self, request: Request, entry_id: UUID, seen: Seen = None) -> Response:
        """Keep a candidate out of the knowledge base. The same is not proposed again."""
        by, version = await self._by(request, seen)
        return json_response(_state(await _with_api_errors(self._entries.reject(entry_id, by=by, seen=version))))

    async def withdraw(self, request: Request, entry_id: UUID, seen: Seen = None) -> Response:
        """Take an approved entry out of the knowledge base: nothing is answered from it any more."""
        by, version = await self._by(request, seen)
        return json_response(_state(await _with_api_errors(self._entries.withdraw(entry_id, by=by, seen=version))))

    async def _by(self, request: Request, seen: str | None) -> tuple[str, int | None]:
        """Return who is calling, and the version that they have seen; a session's call has to name it."""
        by = await self._deps.staff.require(request)
        if seen is None and self._deps.staff.in_session(request):
            message = "Name the version of the entry that you have looked at"
            raise ApiError(400, message, code="VALIDATION_ERROR", field="If-Match")
        return by, _version(seen) if seen else None


def _version(named: str) -> int:
    """Return the version that If-Match names; what names none is no entry's."""
    number = named.strip('"')
    return int(number) if re.fullmatch(r"[0-9]{1,9}", number) else -1


def learned_router(deps: ApiDeps) -> APIRouter:
    """Return the routes, each with the answers that the API's description promises."""
    calls = LearnedCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", PATH, None, calls.list,
        summary="List learned entries", response_model=LearnedList, responses=errors(400, 401, 403, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", f"{PATH}/{{entry_id}}/approve", None, calls.approve,
        summary="Approve a learned entry", response_model=EntryState,
        responses=errors(400, 401, 403, 404, 408, 409, 413, 429, 503),
    )  # fmt: skip
    for action, handler, summary in (
        ("reject", calls.reject, "Reject a learned entry"),
        ("withdraw", calls.withdraw, "Withdraw a learned entry"),
    ):
        add_route(
            router, "POST", f"{PATH}/{{entry_id}}/{action}", None, handler,
            summary=summary, response_model=EntryState, responses=errors(400, 401, 403, 404, 409, 429, 503),
        )  # fmt: skip
    return router


async def _with_api_errors(action: Awaitable[HeldEntry]) -> HeldEntry:
    """Await an action and turn its refusals into ApiError: 404, 409, 503."""
    try:
        return await action
    except UnknownEntryError:
        raise ApiError(404, "There is no such entry") from None
    except EntryChangedError as error:
        raise ApiError(409, str(error), code="CHANGED") from None
    except FindingsError as error:
        raise _refused(error) from None
    except (NodeUnavailableError, ModelChangedError):
        raise ApiError(503, "The encoder is away for a moment", headers=retry_after(AGAIN_S)) from None


def _refused(error: FindingsError) -> ApiError:
    words = "Edit it first" if error.blocks else "Read this, then confirm it"
    refusal = ApiError(409, f"{words}: it {error}", code="MUST_EDIT" if error.blocks else "CONFIRM")
    refusal.details = [FieldProblem(field=one.code, message=one.detail) for one in error.findings]
    return refusal


def _state(held: HeldEntry) -> EntryState:
    return EntryState(entry_id=held.entry_id, state=held.state, version=str(held.version), slug=held.slug)


def _view(reviewed: ReviewedEntry) -> EntryView:
    entry = reviewed.entry
    return EntryView(
        **_state(entry).model_dump(),
        title=entry.title,
        answer=entry.answer,
        findings=[FindingView(**asdict(one)) for one in reviewed.findings],
        nearest_title=entry.nearest_title,
        nearest_cosine=entry.nearest_cosine,
        asked=entry.tickets,
        customers=entry.customers,
        ticket_ids=list(entry.numbers),
        answers=entry.answers,
        good=entry.good,
        bad=entry.bad,
        decided_by=entry.decided_by,
        decided_at=entry.decided_at,
        created_at=entry.created_at,
    )
