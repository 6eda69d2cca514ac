"""The page of `--demo-channels`: write as a customer by mail or WhatsApp, and watch what the product sends."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evaluation.providers.backstage import Backstage, json_body
from evaluation.providers.endpoint import Handler
from evaluation.providers.gmail.account import GmailAccount
from evaluation.providers.gmail.compose import customers_mail
from evaluation.providers.gmail.platform.errors import GmailRefusal
from evaluation.providers.twilio.account import TwilioAccount
from evaluation.providers.twilio.control import written

_PAGE = Path(__file__).parent / "console_page"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class WithHeaders:
    """Puts the page's security headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class NotFromPages:
    """Refuses what a page of some site sends with a visitor's browser: programs call the providers, pages do not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or let the request through."""
        headers = Request(scope).headers if scope["type"] == "http" else {}
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            await JSONResponse({"error": "not for pages"}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def console_app(
    gmail: GmailAccount,
    twilio: TwilioAccount,
    backstage: Backstage,
    *,
    twilio_url: str,
    form_url: str | None = None,
) -> Starlette:
    """The console over both accounts of this process. It answers under a loopback name only, and takes JSON only, so
    that no page of another site can write in a customer's name."""

    async def addresses(_: Request) -> Response:
        found = {"mailbox": gmail.options.user, "number": twilio.options.number, "form": form_url}
        return JSONResponse(found)

    async def journal(request: Request) -> Response:
        after = int(request.query_params.get("after", "0"))
        return JSONResponse([entry.as_json() for entry in backstage.journal.entries(after=after)])

    async def mail(request: Request) -> Response:
        order = await json_body(request)
        message = gmail.receive(customers_mail(order, gmail.mailbox, backstage.clock))
        return JSONResponse({"id": message.id}, 201)

    async def whatsapp(request: Request) -> Response:
        message = written(twilio, await json_body(request), twilio_url)
        return JSONResponse({"sid": message.sid}, 201)

    return Starlette(
        routes=[
            Route("/", _file("index.html")),
            Route("/console.css", _file("console.css")),
            Route("/console.js", _file("console.js")),
            Route("/api/addresses", addresses),
            Route("/api/journal", journal),
            Route("/api/mail", mail, methods=["POST"]),
            Route("/api/whatsapp", whatsapp, methods=["POST"]),
        ],
        middleware=[
            Middleware(WithHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False),
            Middleware(JsonOnly),
        ],
        exception_handlers=dict.fromkeys((KeyError, TypeError, ValueError, GmailRefusal), _unwritable),
    )


class JsonOnly:
    """Refuses a POST that is not JSON: such a one can come from a form on any page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 415, or let the request through."""
        request = Request(scope) if scope["type"] == "http" else None
        if request and request.method == "POST" and request.headers.get("content-type") != "application/json":
            await JSONResponse({"error": "expected application/json"}, 415)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _unwritable(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": f"This cannot be sent: {error}"}, 400)


def _file(name: str) -> Handler:
    async def serve(_: Request) -> Response:
        return FileResponse(_PAGE / name)

    return serve
