"""The Twilio stand-in as one application: the 2010-04-01 API, media, and control."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evaluation.providers.endpoint import Handler, with_faults
from evaluation.providers.notices import Background
from evaluation.providers.shared_state import SharedState, control_routes
from evaluation.providers.twilio.account import TwilioAccount
from evaluation.providers.twilio.control import twilio_control_routes
from evaluation.providers.twilio.errors import TwilioRefusal, refuse
from evaluation.providers.twilio.messages import API_VERSION, Message, new_sid, page_of
from evaluation.providers.twilio.options import TwilioOptions

_ROOT = f"/{API_VERSION}/Accounts/{{account_sid}}"
Call = Callable[[Request, str], Awaitable[Response]]


def twilio_app(options: TwilioOptions, shared: SharedState) -> Starlette:
    """Return a complete account as an app, whose TwilioAccount is `app.state.account`."""
    background = Background()
    account = TwilioAccount(options, shared, background)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await background.aclose()
        await account.webhooks.aclose()

    routes = [*_api_routes(account), *twilio_control_routes(account), *control_routes(shared)]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.account = account
    return app


def _api_routes(account: TwilioAccount) -> list[Route]:
    async def create(request: Request, request_id: str) -> Response:
        form = parse_qs((await request.body()).decode(), keep_blank_values=True)
        return JSONResponse(account.create(form, request_id).as_json(), 201)

    async def listed(request: Request, _: str) -> Response:
        query = dict(request.query_params)
        try:
            return JSONResponse(page_of(account.messages.matching(query), request.url.path, query))
        except ValueError:
            raise TwilioRefusal(20404) from None

    async def fetch(request: Request, _: str) -> Response:
        return JSONResponse(_message(account, request).as_json())

    async def media(request: Request, _: str) -> Response:
        held = _message(account, request).media
        n = int(request.path_params["media_sid"].removeprefix("ME"), 16)
        if n >= len(held):
            raise TwilioRefusal(20404)
        return Response(held[n][1], media_type=held[n][0])

    async def profile(_: Request, __: str) -> Response:
        described = {"sid": account.options.account_sid, "friendly_name": "Nightdesk stand-in", "status": "active"}
        return JSONResponse({**described, "type": "Full", "subresource_uris": {}})

    def route(method: str, path: str, call: Call, verb: str = "GET") -> Route:
        guarded = with_faults(method, _handler(account, call), account.shared.faults, refuse)
        return Route(_ROOT + path, guarded, methods=[verb])

    return [
        route("messages.create", "/Messages.json", create, "POST"),
        route("messages.list", "/Messages.json", listed),
        route("messages.fetch", "/Messages/{sid}.json", fetch),
        route("media.fetch", "/Messages/{sid}/Media/{media_sid}", media),
        route("accounts.fetch", ".json", profile),
    ]


def _handler(account: TwilioAccount, call: Call) -> Handler:
    async def handle(request: Request) -> Response:
        request_id = new_sid("RQ")
        headers = {"Twilio-Request-Id": request_id}
        try:
            _authenticate(account.options, request)
            answer = await call(request, request_id)
        except TwilioRefusal as refusal:
            return refusal.response(headers)
        answer.headers.update(headers)
        return answer

    return handle


def _authenticate(options: TwilioOptions, request: Request) -> None:
    """Check Basic authentication with the account's sid and token. Raises TwilioRefusal."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise TwilioRefusal(20003) from None
    expected = f"{options.account_sid}:{options.auth_token}".encode()
    if scheme.lower() != "basic" or not hmac.compare_digest(given, expected):
        raise TwilioRefusal(20003)
    if request.path_params["account_sid"] != options.account_sid:
        raise TwilioRefusal(20404)


def _message(account: TwilioAccount, request: Request) -> Message:
    message = account.messages.get(request.path_params["sid"])
    if message is None:
        raise TwilioRefusal(20404)
    return message
