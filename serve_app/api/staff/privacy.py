"""Export and erasure of a customer's data (D7), for the staff."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from db.identity import privacy
from db.pool import transaction
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF

ELSEWHERE = (
    "Kafka's topics keep their records for 24 hours. What was sent and received stays in the Gmail mailbox and with "
    "Twilio until it is deleted there."
)
_log = structlog.get_logger(__name__)


class CustomerData(BaseModel):
    """All that is stored of a customer: lists of rows, by kind."""

    customers: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    merges: list[dict[str, Any]]
    conversations: list[dict[str, Any]]
    tickets: list[dict[str, Any]]
    hand_overs: list[dict[str, Any]]
    staff_actions: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    files: list[dict[str, Any]] = Field(description="Files of web forms; the desk hands them out")
    received: list[dict[str, Any]]
    sent: list[dict[str, Any]]
    sent_parts: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    shadow_comparisons: list[dict[str, Any]] = Field(description="What a model on trial found for their questions")
    requested_drafts: list[dict[str, Any]] = Field(description="Drafts of the agent's that people asked for")
    learned_entries: list[dict[str, Any]] = Field(description="Entries for the knowledge base made of their tickets")
    dead_letters: list[dict[str, Any]]
    privacy_actions: list[dict[str, Any]] = Field(description="Earlier exports of these data: when, and to whom")


class ErasureReport(BaseModel):
    """How many rows of each kind were deleted, and what lies outside the database."""

    customers: int
    identifiers: int
    conversations: int
    tickets: int
    messages: int
    dead_letters: int
    elsewhere: str = Field(description="What this call can't reach")


class PrivacyCalls:
    """Handlers of export and erasure."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def export(self, request: Request, customer_id: UUID) -> Response:
        """Return all that is stored of a customer and of those merged with them. The export itself is recorded."""
        by = await self._deps.staff.require(request)
        async with transaction(self._deps.pool) as database:
            found = await privacy.export(database, customer_id, by=by)
        if found is None:
            raise _not_found()
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    async def erase(self, request: Request, customer_id: UUID) -> Response:
        """Delete all that is stored of a customer and of those merged with them. There is no way back.

        The name of the caller's key is recorded for good, without a trace of the customer.
        """
        by = await self._deps.staff.require(request)
        async with transaction(self._deps.pool) as database:
            erased = await privacy.erase(database, customer_id, by=by)
        if erased is None:
            raise _not_found()
        _log.info("customer_erased", customer_id=str(customer_id), by=by)
        return json_response(ErasureReport(**asdict(erased), elsewhere=ELSEWHERE))


def privacy_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of export and erasure."""
    calls = PrivacyCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/customers/{customer_id}/export", "/customers/{customer_id}/export", calls.export,
        summary="Export a customer's data", response_model=CustomerData, responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", "/customers/{customer_id}/erase", "/customers/{customer_id}/erase", calls.erase,
        summary="Erase a customer", response_model=ErasureReport, responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    return router


def _not_found() -> ApiError:
    return ApiError(404, "There is no such customer")
