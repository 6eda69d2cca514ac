"""The Gmail stand-in as one application: REST, OAuth, certificates, pushes and control."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evaluation.providers.endpoint import Handler, with_faults
from evaluation.providers.gmail.account import Call, GmailAccount
from evaluation.providers.gmail.calls import CALLS, GONE
from evaluation.providers.gmail.control import gmail_control_routes
from evaluation.providers.gmail.options import GmailOptions
from evaluation.providers.gmail.platform.discovery import Method, methods
from evaluation.providers.gmail.platform.errors import (
    GmailRefusal,
    insufficient_scope,
    invalid,
    over_quota,
    refuse,
    unauthenticated,
)
from evaluation.providers.gmail.platform.oauth import oauth_routes
from evaluation.providers.notices import Background
from evaluation.providers.shared_state import SharedState, control_routes


def gmail_app(options: GmailOptions, shared: SharedState) -> Starlette:
    """Return a complete account as an app, whose GmailAccount is `app.state.account`.

    `gmail_settings` gives the product's settings for it.
    """
    background = Background()
    account = GmailAccount(options, shared, background)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await background.aclose()
        await account.pusher.aclose()

    routes = [
        *(_api_route(methods()[name], account) for name in CALLS),
        *oauth_routes(options, account.tokens, account.keys, shared),
        *gmail_control_routes(account),
        *control_routes(shared),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.account = account
    return app


def _api_route(method: Method, account: GmailAccount) -> Route:
    faults = account.shared.faults
    if method.name == "users.history.list":
        faults.declare(method.name, GONE)
    return Route(
        method.path, with_faults(method.name, _handler(method, account), faults, refuse), methods=[method.verb]
    )


def _handler(method: Method, account: GmailAccount) -> Handler:
    async def handle(request: Request) -> Response:
        request_id = uuid.uuid4().hex
        headers = {"X-Request-Id": request_id}
        try:
            _authorize(request, method, account)
            answer = CALLS[method.name](account, await _call(request, request_id))
        except GmailRefusal as refusal:
            return refusal.response(headers)
        return Response(status_code=204, headers=headers) if answer is None else JSONResponse(answer, headers=headers)

    return handle


def _authorize(request: Request, method: Method, account: GmailAccount) -> None:
    """Check token, scope, user and quota, in this order. Raises GmailRefusal."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not account.tokens.valid(token):
        raise unauthenticated()
    if not method.scopes.intersection(account.options.scopes):
        raise insufficient_scope()
    user = request.path_params["userId"]
    if user not in ("me", account.options.user):
        raise GmailRefusal(403, "forbidden", f"Delegation denied for {account.options.user}")
    if not account.quota.charge(method.name):
        raise over_quota()


async def _call(request: Request, request_id: str) -> Call:
    raw = await request.body()
    try:
        body: Any = json.loads(raw) if raw else {}
    except ValueError:
        raise invalid("Invalid JSON payload received.") from None
    if not isinstance(body, Mapping):
        raise invalid("Invalid JSON payload received. Expected an object.")
    return Call(path=request.path_params, query=request.query_params, body=body, request_id=request_id)
