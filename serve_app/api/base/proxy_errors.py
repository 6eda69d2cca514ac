"""Ray Serve's own error responses in our error shape (H12): a replica died, none is ready, too many calls wait.

`RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH=serve_app.api.base.proxy_errors.middlewares`. Serve wraps its proxy, and with
HAProxy each ingress replica's own server, in what `middlewares` returns; behind the HAProxy of `nightdesk up` it is
`behind_haproxy`.
"""

from __future__ import annotations

import asyncio

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve_app.api.base.away_page import away_page
from serve_app.api.base.errors import error_response, retry_after
from serve_app.api.base.local_calls import is_loopback
from serve_app.api.base.middleware import safe_request_id

RETRY_SECONDS = 2
PEER_HEADER = b"x-nightdesk-peer"
SERVE_PATHS = ("/-/healthz", "/-/routes")
"""Serve's own calls, whose clients expect Serve's format."""
MESSAGE = "The service can't answer now. Please try again; with the same Idempotency-Key nothing happens twice."
# Headers that would let a caller control Serve: time limits, the choice of a replica, the deployment's model.
_SERVE_HEADERS = frozenset(
    {
        b"x-request-timeout-seconds",
        b"x-request-disconnect-disabled",
        b"x-session-id",
        b"x_session_id",
        b"serve_multiplexed_model_id",
        b"serve-multiplexed-model-id",
    }
)
_READS = ("GET", "HEAD")
_TO_THE_END = (b"x-request-disconnect-disabled", b"?1")
"""Serve need not watch whether the caller of a change goes away, which would take two tasks a call."""
_log = structlog.get_logger(__name__)


def middlewares() -> list[Middleware]:
    """Return the middleware for Serve to wrap its HTTP server in."""
    return [Middleware(ProxyErrors)]


def behind_haproxy() -> list[Middleware]:
    """Return it for a server that HAProxy calls from this machine, saying for whom, whatever the caller says."""
    return [Middleware(ProxyErrors, peer_header=PEER_HEADER)]


class ProxyErrors:
    """Passes the application's responses on; an error in Serve's own text, or no response, becomes 503 or 429.

    With a `peer_header`, a call from this machine is its value's: of whoever the program before us took it from.
    """

    def __init__(self, app: ASGIApp, peer_header: bytes | None = None) -> None:
        self._app = app
        self._peer_header = peer_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in SERVE_PATHS:
            await self._app(scope, receive, send)
            return
        call = _Call(_cleaned(self._of_the_peer(scope)), send)
        try:
            await self._app(call.scope, receive, call.send)
        except asyncio.CancelledError:
            raise
        except Exception:
            _log.exception("serve_proxy_failed")
            if call.started:
                raise
        await call.finish(receive)

    def _of_the_peer(self, scope: Scope) -> Scope:
        """Return the scope with the address that the header names, without the header.

        A call from this machine that names nobody did not come by HAProxy: nobody knows whose it is.
        """
        if self._peer_header is None:
            return scope
        named = next((value for name, value in scope["headers"] if name == self._peer_header), None)
        headers = [(name, value) for name, value in scope["headers"] if name != self._peer_header]
        client = scope["client"]
        if client is not None and is_loopback(client[0]):
            client = (named.decode("latin-1"), 0) if named is not None else None
        return {**scope, "headers": headers, "client": client}


class _Call:
    """The response to one call."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.started = False
        self._send = send
        self._serves_error: Message | None = None

    async def send(self, message: Message) -> None:
        """Pass on the application's response; withhold an error of Serve's own."""
        if message["type"] == "http.response.start":
            if _is_serves_own(message):
                self._serves_error = message
                return
            # Serve has added its id beside the application's: setting the header leaves one.
            message["headers"] = [(bytes(name), bytes(value)) for name, value in message["headers"]]
            MutableHeaders(scope=message)["X-Request-ID"] = self.scope["state"]["request_id"]
        if self._serves_error is None:
            self.started = True
            await self._send(message)

    async def finish(self, receive: Receive) -> None:
        """Send 503 or 429 in our shape unless the application has responded."""
        if self.started:
            return
        error = self._serves_error
        overloaded = error is not None and error["status"] == 429
        if self._of_a_browser() and not overloaded:
            page = away_page(Headers(scope=self.scope).get("accept-language", ""))
            page.headers["X-Request-ID"] = self.scope["state"]["request_id"]
            await page(self.scope, receive, self._send)
            return
        headers = retry_after(RETRY_SECONDS)
        if error is not None and (seconds := Headers(raw=error["headers"]).get("retry-after")):
            headers = {"Retry-After": seconds}
        headers["X-Request-ID"] = self.scope["state"]["request_id"]
        response = error_response(self.scope, 429 if overloaded else 503, MESSAGE, headers=headers)
        await response(self.scope, receive, self._send)

    def _of_a_browser(self) -> bool:
        """Whether somebody asks for a page, not a program for data."""
        wants = Headers(scope=self.scope).get("accept", "")
        return self.scope["method"] == "GET" and "text/html" in wants and not self.scope["path"].startswith("/api/")


def _cleaned(scope: Scope) -> Scope:
    """Copy the scope with one safe request id and without the caller's headers that control Serve."""
    request_id = safe_request_id(Headers(scope=scope).get("x-request-id"))
    kept = [(name, value) for name, value in scope["headers"] if name not in _SERVE_HEADERS and name != b"x-request-id"]
    headers = [*kept, (b"x-request-id", request_id.encode()), *([] if scope["method"] in _READS else [_TO_THE_END])]
    return {**scope, "headers": headers, "state": {"request_id": request_id}}


def _is_serves_own(message: Message) -> bool:
    """The application answers errors as JSON only, so an error in plain text is Serve's."""
    kind = Headers(raw=[(bytes(name), bytes(value)) for name, value in message["headers"]]).get("content-type", "")
    return message["status"] >= 400 and kind.startswith("text/plain")
