"""Customers for the staff: the lookup by e-mail address or telephone number (H9), one customer, what they wrote."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, TypeAdapter
from starlette.responses import Response

from db.pool import acquire
from db.staff.customer_lookup import CustomerFile, ThreadMessage, customer_file, find_customer, thread
from ingest.identifiers import phone_key
from ingest.web_form import Email, Phone
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF

FILE = TypeAdapter(CustomerFile)


class Thread(BaseModel):
    """A page of what a customer and we have written, over all channels, newest first."""

    messages: list[ThreadMessage]
    next: UUID | None = Field(description="Pass it as `after` for the next page; null at the end")


class CustomerCalls:
    """Handlers of the calls that show a customer."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def lookup(
        self,
        request: Request,
        email: Annotated[Email | None, Query()] = None,
        phone: Annotated[Phone | None, Query()] = None,
    ) -> Response:
        """Show the customer who has this address, this number, or both: identifiers, tickets, unproved claims."""
        await self._deps.staff.require(request)
        if not email and not phone:
            raise ApiError(400, "Give an e-mail address, a telephone number, or both", code="VALIDATION_ERROR")
        async with acquire(self._deps.pool) as database:
            found = await find_customer(database, email=email, phone=phone_key(phone) if phone else None)
        if found is None:
            message = "Nobody has both; look each up alone" if email and phone else "Nobody is known by that"
            raise ApiError(404, message)
        return json_response(FILE.dump_json(found))

    async def show(self, request: Request, customer_id: UUID) -> Response:
        """Show a customer, or the one that they were merged into, as the lookup does."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            found = await customer_file(database, customer_id)
        if found is None:
            raise ApiError(404, "There is no such customer")
        return json_response(FILE.dump_json(found))

    async def messages(
        self,
        request: Request,
        customer_id: UUID,
        after: Annotated[UUID | None, Query(description="The last message of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> Response:
        """Show the messages of a customer over all channels, newest first; those of unproved senders are marked."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            found = await thread(database, customer_id, after=after, limit=limit)
        if found is None:
            raise ApiError(404, "There is no such customer")
        following = found[-1].message_id if len(found) == limit else None
        return json_response(Thread(messages=found, next=following))


def customers_router(deps: ApiDeps) -> APIRouter:
    """Return the route of the lookup."""
    calls = CustomerCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/customers/lookup", "/customers/lookup", calls.lookup,
        summary="Look a customer up", response_model=CustomerFile, responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    add_route(
        router, "GET", "/customers/{customer_id}", None, calls.show,
        summary="Show a customer", response_model=CustomerFile, responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    add_route(
        router, "GET", "/customers/{customer_id}/messages", None, calls.messages,
        summary="What a customer and we have written", response_model=Thread,
        responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    return router
