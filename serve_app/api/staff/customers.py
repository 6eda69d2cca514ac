"""Customer lookup by e-mail address or telephone number (H9), for the staff."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from db.pool import acquire
from db.staff.customer_lookup import CustomerFile, find_customer
from ingest.identifiers import phone_key
from ingest.web_form import Email, Phone
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF

FILE = TypeAdapter(CustomerFile)


class CustomerCalls:
    """Handler of the lookup."""

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


def customers_router(deps: ApiDeps) -> APIRouter:
    """Return the route of the lookup."""
    calls = CustomerCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/customers/lookup", "/customers/lookup", calls.lookup,
        summary="Look a customer up", response_model=CustomerFile, responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    return router
