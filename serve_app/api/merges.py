"""Who is one customer (I4): the queue of doubtful cases, merging, and taking a merge back. For the staff."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from db import conflicts, evidence, merges
from db.conflicts import Conflict, ConflictKind, Party
from db.evidence import Evidence
from db.merges import AlreadyOneError, Merge, MergeBuriedError, NoSuchCustomerError, NoSuchMergeError
from db.pool import connection
from deployments.identity_hints import likeness
from serve_app.api.deps import ApiDeps
from serve_app.api.errors import ApiError
from serve_app.api.routes import add_both, errors, json_response
from serve_app.api.staff import STAFF

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


class MergeView(BaseModel):
    """A merge as it was made. `undone_at` and `undone_by` are null while it holds."""

    merge_id: UUID
    winner: UUID
    loser: UUID
    tier: int = Field(description="2: both confirmed by one-time links; 3: by the staff")
    actor: str
    evidence: str
    merged_at: AwareDatetime
    undone_at: AwareDatetime | None
    undone_by: str | None


class PartyView(BaseModel):
    """One of the two. `name` is what he or somebody gave."""

    customer_id: UUID
    name: str
    filed_as: str
    messages: int
    since: AwareDatetime


class ConflictView(BaseModel):
    """An open question. `name_likeness` (0 to 100) is a hint, no more."""

    conflict_id: UUID
    kind: ConflictKind
    type: str
    value: str
    older: PartyView
    newer: PartyView
    name_likeness: int | None
    created_at: AwareDatetime


class MergeQueue(BaseModel):
    """The open questions, oldest first."""

    conflicts: list[ConflictView]


class Rejected(BaseModel):
    """They are two; the question does not come again."""

    conflict_id: UUID
    state: str = "rejected"


class EvidenceView(BaseModel):
    """A line of the ledger."""

    kind: str
    actor: str
    type: str | None
    value: str | None
    filed_as: str | None
    merge_id: UUID | None
    detail: dict[str, Any]
    recorded_at: AwareDatetime


class Ledger(BaseModel):
    """What is known of a customer's identity and why, oldest first."""

    evidence: list[EvidenceView]


class MergeCalls:
    """The handlers."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def queue(self, request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
        """List customers whom somebody's claims call one. Nothing is merged by a claim: you decide."""
        self._deps.staff.require(request)
        async with connection(self._deps.pool) as database:
            await conflicts.discover(database)
            found = await conflicts.waiting(database, limit=limit)
        return json_response(MergeQueue(conflicts=[_conflict(conflict) for conflict in found]))

    async def merge(self, request: Request, wanted: MergeRequest) -> Response:
        """Make two customers one. Replies still go to whoever wrote; it can be undone."""
        by = self._deps.staff.require(request)
        made = await _done(self._merge(wanted.winner, wanted.loser, by=by, why=wanted.evidence))
        return json_response(_view(made), 201)

    async def approve(
        self, request: Request, merge_id: UUID, approval: Annotated[Approval | None, Body()] = None
    ) -> Response:
        """Answer an open question with yes: the older customer remains."""
        by = self._deps.staff.require(request)
        async with connection(self._deps.pool) as database:
            parties = await conflicts.parties(database, merge_id)
        if parties is None:
            raise ApiError(404, "There is no such open question")
        why = (approval and approval.evidence) or f"approved conflict {merge_id}"
        return json_response(_view(await _done(self._merge(*parties, by=by, why=why))))

    async def reject(self, request: Request, merge_id: UUID) -> Response:
        """Answer an open question with no."""
        by = self._deps.staff.require(request)
        async with connection(self._deps.pool) as database:
            rejected = await conflicts.reject(database, merge_id, actor=f"staff:{by}")
        if not rejected:
            raise ApiError(404, "There is no such open question")
        return json_response(Rejected(conflict_id=merge_id))

    async def undo(self, request: Request, merge_id: UUID) -> Response:
        """Take a merge back: everything is as it was, and what has come since goes to its own sender's customer."""
        by = self._deps.staff.require(request)

        async def undone() -> Merge:
            async with connection(self._deps.pool) as database:
                return await merges.undo(database, merge_id, actor=f"staff:{by}")

        return json_response(_view(await _done(undone())))

    async def ledger(self, request: Request, customer_id: UUID) -> Response:
        """Show what is known of a customer's identity, who said so, and when; an unknown customer has none."""
        self._deps.staff.require(request)
        async with connection(self._deps.pool) as database:
            lines = await evidence.of_customer(database, customer_id)
        return json_response(Ledger(evidence=[_line(line) for line in lines]))

    async def _merge(self, winner: UUID, loser: UUID, *, by: str, why: str) -> Merge:
        async with connection(self._deps.pool) as database:
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
        summary="Merge two customers", status_code=201, response_model=MergeView,
        responses=errors(400, 401, 403, 404, 408, 409, 413, 503),
    )  # fmt: skip
    add_both(
        router, "POST", "/merges/{merge_id}/approve", "/merges/{merge_id}/approve", calls.approve,
        summary="They are one", response_model=MergeView,
        responses=errors(400, 401, 403, 404, 408, 409, 413, 503),
    )  # fmt: skip
    add_both(
        router, "POST", "/merges/{merge_id}/reject", "/merges/{merge_id}/reject", calls.reject,
        summary="They are two", response_model=Rejected, responses=errors(400, 401, 403, 404, 503),
    )  # fmt: skip
    add_both(
        router, "POST", "/merges/{merge_id}/undo", "/merges/{merge_id}/undo", calls.undo,
        summary="Take a merge back", response_model=MergeView, responses=errors(400, 401, 403, 404, 409, 503),
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
    except MergeBuriedError as error:
        raise ApiError(409, f"A later merge rests on this one: undo {error.later} first", code="LATER_MERGE") from None


def _view(merge: Merge) -> MergeView:
    return MergeView(
        merge_id=merge.id,
        winner=merge.winner_id,
        loser=merge.loser_id,
        tier=merge.tier,
        actor=merge.actor,
        evidence=merge.evidence,
        merged_at=merge.merged_at,
        undone_at=merge.undone_at,
        undone_by=merge.undone_by,
    )


def _conflict(conflict: Conflict) -> ConflictView:
    return ConflictView(
        conflict_id=conflict.id,
        kind=conflict.kind,
        type=conflict.type,
        value=conflict.value,
        older=_party(conflict.older),
        newer=_party(conflict.newer),
        name_likeness=likeness(conflict.older.name, conflict.newer.name),
        created_at=conflict.created_at,
    )


def _party(party: Party) -> PartyView:
    return PartyView(
        customer_id=party.customer_id,
        name=party.name,
        filed_as=party.filed_as,
        messages=party.messages,
        since=party.since,
    )


def _line(line: Evidence) -> EvidenceView:
    return EvidenceView(
        kind=line.kind,
        actor=line.actor,
        type=line.type,
        value=line.value,
        filed_as=line.filed_as,
        merge_id=line.merge_id,
        detail=line.detail,
        recorded_at=line.recorded_at,
    )
