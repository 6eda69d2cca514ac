"""Merging customers (I4), for the staff: the queue of conflicts, merges and their undoing, the evidence."""

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
from deployments.identity.name_similarity import similarity
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF

MERGE = TypeAdapter(Merge)
Why = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=3, max_length=1000, pattern=r"^[^\x00]*[^\s\x00][^\x00]+[^\s\x00][^\x00]*$"
    ),
    Field(description="What it rests on; kept for good"),
]


class MergeRequest(BaseModel):
    """Two customers who are one person: the loser's history goes to the winner."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    winner: UUID
    loser: UUID
    evidence: Why


class Approval(BaseModel):
    """Why they are one person; without it the claim itself is the evidence."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    evidence: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Conflict):
    """An open conflict. `name_likeness` (0 to 100) is a hint, no more; null where a name is missing."""

    name_likeness: int | None


class MergeQueue(BaseModel):
    """The open conflicts, oldest first."""

    conflicts: list[Question]


class Rejected(BaseModel):
    """They are two persons; the conflict is not opened again."""

    id: UUID
    state: Literal["rejected"] = "rejected"


class Ledger(BaseModel):
    """The evidence of a customer's identity, oldest first."""

    evidence: list[Evidence]


class MergeCalls:
    """Handlers of merges and evidence."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def queue(self, request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
        """List pairs of customers who are one person by somebody's claim. A claim alone merges nothing: you decide."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            await conflicts.detect(database)
            found = await conflicts.list_open(database, limit=limit)
        return json_response(MergeQueue(conflicts=[_question(conflict) for conflict in found]))

    async def merge(self, request: Request, wanted: MergeRequest) -> Response:
        """Merge two customers. Replies still go to the address that wrote; it can be undone."""
        by = await self._deps.staff.require(request)
        made = await _with_api_errors(self._merge(wanted.winner, wanted.loser, by=by, why=wanted.evidence))
        return json_response(MERGE.dump_json(made), 201)

    async def approve(
        self, request: Request, merge_id: UUID, approval: Annotated[Approval | None, Body()] = None
    ) -> Response:
        """Merge the customers of an open conflict; the older one remains."""
        by = await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            parties = await conflicts.parties(database, merge_id)
        if parties is None:
            raise ApiError(404, "There is no such open question")
        why = (approval and approval.evidence) or f"approved conflict {merge_id}"
        made = await _with_api_errors(self._merge(*parties, by=by, why=why))
        return json_response(MERGE.dump_json(made))

    async def reject(self, request: Request, merge_id: UUID) -> Response:
        """Close an open conflict without a merge."""
        by = await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            rejected = await conflicts.reject(database, merge_id, actor=f"staff:{by}")
        if not rejected:
            raise ApiError(404, "There is no such open question")
        return json_response(Rejected(id=merge_id))

    async def undo(self, request: Request, merge_id: UUID) -> Response:
        """Undo a merge: all is as before, and what has come since goes to its own sender's customer."""
        by = await self._deps.staff.require(request)

        async def undone() -> Merge:
            async with acquire(self._deps.pool) as database:
                return await merges.undo(database, merge_id, actor=f"staff:{by}")

        return json_response(MERGE.dump_json(await _with_api_errors(undone())))

    async def ledger(self, request: Request, customer_id: UUID) -> Response:
        """Show the evidence of a customer's identity, with source and time; an unknown customer has none."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            lines = await evidence.of_customer(database, customer_id)
        return json_response(Ledger(evidence=lines))

    async def _merge(self, winner: UUID, loser: UUID, *, by: str, why: str) -> Merge:
        async with acquire(self._deps.pool) as database:
            return await merges.merge(database, winner=winner, loser=loser, tier=3, actor=f"staff:{by}", evidence=why)


def merges_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of merges and evidence."""
    calls = MergeCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/merges", "/merges", calls.queue,
        summary="Customers who may be one", response_model=MergeQueue, responses=errors(400, 401, 403, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", "/merges", "/merges", calls.merge,
        summary="Merge two customers", status_code=201, response_model=Merge,
        responses=errors(400, 401, 403, 404, 408, 409, 413, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", "/merges/{merge_id}/approve", "/merges/{merge_id}/approve", calls.approve,
        summary="They are one", response_model=Merge,
        responses=errors(400, 401, 403, 404, 408, 409, 413, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", "/merges/{merge_id}/reject", "/merges/{merge_id}/reject", calls.reject,
        summary="They are two", response_model=Rejected, responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", "/merges/{merge_id}/undo", "/merges/{merge_id}/undo", calls.undo,
        summary="Take a merge back", response_model=Merge, responses=errors(400, 401, 403, 404, 409, 429, 503),
    )  # fmt: skip
    add_route(
        router, "GET", "/customers/{customer_id}/evidence", "/customers/{customer_id}/evidence", calls.ledger,
        summary="Evidence of a customer's identity", response_model=Ledger, responses=errors(400, 401, 403, 429, 503),
    )  # fmt: skip
    return router


async def _with_api_errors(action: Awaitable[Merge]) -> Merge:
    """Await an action and turn its refusals into ApiError: 404, 409."""
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


def _question(conflict: Conflict) -> Question:
    known = {field.name: getattr(conflict, field.name) for field in fields(Conflict)}
    return Question(**known, name_likeness=similarity(conflict.older.name, conflict.newer.name))
