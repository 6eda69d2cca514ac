"""Linking an e-mail address with a telephone number (I2): request the two one-time links, read one, confirm one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from db.identity.links import LinkUsedError
from db.pool import acquire
from deployments.identity.links import IdentityLinks
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.limits import count_call
from serve_app.api.base.models import TICKET_NUMBER
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.public.status_link import token_opens
from serve_app.api.public.tickets import NOT_FOUND

ASKED = (
    "If the address and the number of this request are both known to us, each of them gets a link within a minute. "
    "Open both to link them; they are valid for 24 hours."
)
GONE = "This link was used already, or it has expired"
Token = Annotated[str, Field(min_length=1, max_length=200)]


class LinkRequest(BaseModel):
    """A ticket whose form named both an e-mail address and a telephone, with its status token."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ticket_id: Annotated[str, Field(pattern=TICKET_NUMBER, examples=["TKT-0042"])]
    token: Token


class LinkAsked(BaseModel):
    """The same for every ticket, so that it does not reveal who is known."""

    status: Literal["asked"] = "asked"
    message: str = ASKED


class LinkOffer(BaseModel):
    """What a link would join."""

    side: Literal["email", "number"] = Field(description="What the link was sent to")
    yours: str
    other: str = Field(description="A hint of what it would be linked with")


class LinkToken(BaseModel):
    """The token of a link: the fragment of its URL."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    token: Token


class LinkConfirmed(BaseModel):
    """`confirmed`: the other link has to be confirmed as well. `linked`: both were."""

    status: Literal["confirmed", "linked"]


class LinkCalls:
    """Handlers of /identity/links. Reading a link, as mail scanners do, does not use it up; confirming does."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._links = IdentityLinks(
            pool=deps.pool,
            secret_key=deps.secret_key,
            previous_keys=deps.previous_keys,
            public_base_url=deps.public_base_url,
        )

    async def ask(self, request: Request, wanted: LinkRequest) -> Response:
        """Send one one-time link to the address and another to the number that this ticket's form named."""
        await self._count(request)
        if not token_opens(self._deps.secret_keys, wanted.ticket_id, wanted.token):
            raise ApiError(404, NOT_FOUND)
        await self._links.request(wanted.ticket_id)
        return json_response(LinkAsked(), 202)

    async def look(self, request: Request, wanted: LinkToken) -> Response:
        """Show what a link would join, without using it up. The token is in the body, which no proxy logs."""
        await self._count(request)
        offer = await self._links.preview(wanted.token)
        if offer is None:
            raise ApiError(404, GONE)
        return json_response(LinkOffer(side=offer.side, yours=offer.yours, other=offer.other))

    async def confirm(self, request: Request, wanted: LinkToken) -> Response:
        """Use a link up, which proves that the caller reads what is sent there. The second of the two links them."""
        await self._count(request)
        try:
            linked = await self._links.confirm(wanted.token)
        except LinkUsedError:
            raise ApiError(404, GONE) from None
        return json_response(LinkConfirmed(status="linked" if linked else "confirmed"))

    async def _count(self, request: Request) -> None:
        async with acquire(self._deps.pool) as database:
            await count_call(database, request, "link", self._deps.lookup_rate)


def links_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of /identity/links."""
    calls = LinkCalls(deps)
    router = APIRouter(tags=["customers"])
    add_route(
        router, "POST", "/identity/links", None, calls.ask,
        summary="Ask to link an address and a number", status_code=202, response_model=LinkAsked,
        responses=errors(400, 404, 408, 413, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", "/identity/links/look", None, calls.look,
        summary="Look at a link", response_model=LinkOffer, responses=errors(400, 404, 408, 413, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", "/identity/links/confirm", None, calls.confirm,
        summary="Confirm a link", response_model=LinkConfirmed, responses=errors(400, 404, 408, 413, 429, 503),
    )  # fmt: skip
    return router
