"""The page of `--demo-channels`: write as a customer by mail or WhatsApp, and see what the product sends."""

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

from evaluation.providers.endpoint import Handler
from evaluation.providers.gmail.account import GmailAccount
from evaluation.providers.gmail.contents.compose import customer_mail
from evaluation.providers.gmail.platform.errors import GmailRefusal
from evaluation.providers.shared_state import SharedState, json_body
from evaluation.providers.twilio.account import TwilioAccount
from evaluation.providers.twilio.control import write_message

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


class SecurityHeaders:
    """Sets the page's security headers on every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond as the app does, with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class RefuseBrowsers:
    """Refuses requests that a page in a browser sends: only programs call the providers' APIs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond with 403, or pass the request on."""
        headers = Request(scope).headers if scope["type"] == "http" else {}
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            await JSONResponse({"error": "not for pages"}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def console_app(
    gmail: GmailAccount,
    twilio: TwilioAccount,
    shared: SharedState,
    *,
    twilio_url: str,
    form_url: str | None = None,
) -> Starlette:
    """Return the console over both accounts of this process.

    It responds under loopback names only and takes JSON only, so that no page of another site can use it.
    """

    async def addresses(_: Request) -> Response:
        found = {"mailbox": gmail.options.user, "number": twilio.options.number, "form": form_url}
        return JSONResponse(found)

    async def journal(request: Request) -> Response:
        after = int(request.query_params.get("after", "0"))
        return JSONResponse([entry.as_json() for entry in shared.journal.entries(after=after)])

    async def mail(request: Request) -> Response:
        order = await json_body(request)
        message = gmail.receive(customer_mail(order, gmail.mailbox, shared.clock))
        return JSONResponse({"id": message.id}, 201)

    async def whatsapp(request: Request) -> Response:
        message = write_message(twilio, await json_body(request), twilio_url)
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
            Middleware(SecurityHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False),
            Middleware(JsonOnly),
        ],
        exception_handlers=dict.fromkeys((KeyError, TypeError, ValueError, GmailRefusal), _bad_request),
    )


class JsonOnly:
    """Refuses a POST that is not JSON, as a form on any page can send it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond with 415, or pass the request on."""
        request = Request(scope) if scope["type"] == "http" else None
        if request and request.method == "POST" and request.headers.get("content-type") != "application/json":
            await JSONResponse({"error": "expected application/json"}, 415)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _bad_request(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": f"This cannot be sent: {error}"}, 400)


def _file(name: str) -> Handler:
    async def serve(_: Request) -> Response:
        return FileResponse(_PAGE / name)

    return serve
