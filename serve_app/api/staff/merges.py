"""Who is one customer (I4): the queue of doubtful cases, merging, and taking a merge back. For the staff."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, fields
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter
from starlette.responses import Response

from db.identity import conflicts, evidence, merges
from db.identity.conflicts import Conflict
from db.identity.evidence import Evidence
from db.identity.merges import AlreadyOneError, Merge, MergeNotLastError, NoSuchCustomerError, NoSuchMergeError
from db.pool import acquire
from deployments.identity.name_similarity import likeness
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_both, errors, json_response
from serve_app.api.staff.security import STAFF

MERGE = TypeAdapter(Merge)
Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=1000, pattern=r"^[^\x00]*$"),
    Field(description="What it rests on; kept for good"),
]


class MergeRequest(BaseModel):
    """Two customers who are one: the loser's history goes to the winner."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    winner: UUID
    loser: UUID
    evidence: Why


class Approval(BaseModel):
    """Why they are one; without it the claim itself is the reason."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    evidence: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Conflict):
    """An open question. `name_likeness` (0 to 100) is a hint, no more; null where a name is missing."""

    name_likeness: int | None


class MergeQueue(BaseModel):
    """The open questions, oldest first."""

    conflicts: list[Question]


class Rejected(BaseModel):
    """They are two; the question does not come again."""

    id: UUID
    state: Literal["rejected"] = "rejected"


class Ledger(BaseModel):
    """What is known of a customer's identity and why, oldest first."""

    evidence: list[Evidence]


class MergeCalls:
    """The handlers."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def queue(self, request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
        """List customers whom somebody's claims call one. Nothing is merged by a claim: you decide."""
        self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            await conflicts.discover(database)
            found = await conflicts.waiting(database, limit=limit)
        return json_response(MergeQueue(conflicts=[_question(conflict) for conflict in found]))

    async def merge(self, request: Request, wanted: MergeRequest) -> Response:
        """Make two customers one. Replies still go to whoever wrote; it can be undone."""
        by = self._deps.staff.require(request)
        made = await _done(self._merge(wanted.winner, wanted.loser, by=by, why=wanted.evidence))
        return _shown(made, 201)

    async def approve(
        self, request: Request, merge_id: UUID, approval: Annotated[Approval | None, Body()] = None
    ) -> Response:
        """Answer an open question with yes: the older customer remains."""
        by = self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            parties = await conflicts.parties(database, merge_id)
        if parties is None:
            raise ApiError(404, "There is no such open question")
        why = (approval and approval.evidence) or f"approved conflict {merge_id}"
        return _shown(await _done(self._merge(*parties, by=by, why=why)))

    async def reject(self, request: Request, merge_id: UUID) -> Response:
        """Answer an open question with no."""
        by = self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            rejected = await conflicts.reject(database, merge_id, actor=f"staff:{by}")
        if not rejected:
            raise ApiError(404, "There is no such open question")
        return json_response(Rejected(id=merge_id))

    async def undo(self, request: Request, merge_id: UUID) -> Response:
        """Take a merge back: everything is as it was, and what has come since goes to its own sender's customer."""
        by = self._deps.staff.require(request)

        async def undone() -> Merge:
            async with acquire(self._deps.pool) as database:
                return await merges.undo(database, merge_id, actor=f"staff:{by}")

        return _shown(await _done(undone()))

    async def ledger(self, request: Request, customer_id: UUID) -> Response:
        """Show what is known of a customer's identity, who said so, and when; an unknown customer has none."""
        self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            lines = await evidence.of_customer(database, customer_id)
        return json_response(Ledger(evidence=lines))

    async def _merge(self, winner: UUID, loser: UUID, *, by: str, why: str) -> Merge:
        async with acquire(self._deps.pool) as database:
            return await merges.merge(database, winner=winner, loser=loser, tier=3, actor=f"staff:{by}", evidence=why)


def merges_router(deps: ApiDeps) -> APIRouter:
    """Return the staff's calls on merges."""
    calls = MergeCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_both(
        router, "GET", "/merges", "/merges", calls.queue,
        summary="Customers who may be one", response_model=MergeQueue, responses=errors(400, 401, 403, 503),
    )  # fmt: skip
    add_both(
        router, "POST", "/merges", "/merges", calls.merge,
        summary="Merge two customers", status_code=201, response_model=Merge,
        responses=errors(400, 401, 403, 404, 408, 409, 413, 503),
    )  # fmt: skip
    add_both(
        router, "POST", "/merges/{merge_id}/approve", "/merges/{merge_id}/approve", calls.approve,
        summary="They are one", response_model=Merge,
        responses=errors(400, 401, 403, 404, 408, 409, 413, 503),
    )  # fmt: skip
    add_both(
        router, "POST", "/merges/{merge_id}/reject", "/merges/{merge_id}/reject", calls.reject,
        summary="They are two", response_model=Rejected, responses=errors(400, 401, 403, 404, 503),
    )  # fmt: skip
    add_both(
        router, "POST", "/merges/{merge_id}/undo", "/merges/{merge_id}/undo", calls.undo,
        summary="Take a merge back", response_model=Merge, responses=errors(400, 401, 403, 404, 409, 503),
    )  # fmt: skip
    add_both(
        router, "GET", "/customers/{customer_id}/evidence", "/customers/{customer_id}/evidence", calls.ledger,
        summary="Why a customer is who he is", response_model=Ledger, responses=errors(400, 401, 403, 503),
    )  # fmt: skip
    return router


async def _done(action: Awaitable[Merge]) -> Merge:
    """Await an action; its refusals become answers. Raises ApiError: 404, 409."""
    try:
        return await action
    except NoSuchCustomerError as error:
        raise ApiError(404, f"There is no customer {error}") from None
    except NoSuchMergeError:
        raise ApiError(404, "There is no such merge, or it was undone before") from None
    except AlreadyOneError:
        raise ApiError(409, "They are one customer already", code="ALREADY_ONE") from None
    except MergeNotLastError as error:
        raise ApiError(409, f"A later merge rests on this one: undo {error.later} first", code="LATER_MERGE") from None


def _shown(merge: Merge, status: int = 200) -> Response:
    return Response(MERGE.dump_json(merge), status, {"Cache-Control": "no-store"}, media_type="application/json")


def _question(conflict: Conflict) -> Question:
    known = {field.name: getattr(conflict, field.name) for field in fields(Conflict)}
    return Question(**known, name_likeness=likeness(conflict.older.name, conflict.newer.name))
