"""What Ray Serve's proxy answers by itself, in our error shape (H12): a replica died, none is ready, too many wait.

`RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH=serve_app.api.base.proxy_errors.middlewares`. Serve wraps its proxy, and with
HAProxy each ingress replica's own server, in what `middlewares` returns.
"""

from __future__ import annotations

import asyncio

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve_app.api.base.errors import error_response, retry_after
from serve_app.api.base.middleware import safe_request_id

RETRY_SECONDS = 2
OWN_PATHS = "/-/"  # Serve's health check and list of routes speak to machines that expect its words
MESSAGE = "The service can't answer now. Please try again; with the same Idempotency-Key nothing happens twice."
# Headers by which a caller could steer Serve itself: time limits, the choice of a replica, the deployment's model.
_STEERING = frozenset(
    {
        b"x-request-timeout-seconds",
        b"x-request-disconnect-disabled",
        b"x-session-id",
        b"x_session_id",
        b"serve_multiplexed_model_id",
        b"serve-multiplexed-model-id",
    }
)
_log = structlog.get_logger(__name__)


def middlewares() -> list[Middleware]:
    """Return what Serve is to wrap its HTTP server in."""
    return [Middleware(ProxyErrors)]


class ProxyErrors:
    """Lets the application's answers through; what is Serve's own text, or no answer at all, becomes 503 or 429."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        if scope["type"] != "http" or scope["path"].startswith(OWN_PATHS):
            await self._app(scope, receive, send)
            return
        call = _Call(_cleaned(scope), send)
        try:
            await self._app(call.scope, receive, call.send)
        except asyncio.CancelledError:
            raise
        except Exception:
            _log.exception("serve_proxy_failed")
            if call.started:
                raise
        await call.finish(receive)


class _Call:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.started = False
        self._send = send
        self._held: Message | None = None

    async def send(self, message: Message) -> None:
        """Pass on what the application says; hold back what Serve says itself."""
        if message["type"] == "http.response.start":
            if _is_serves_own(message):
                self._held = message
                return
            _one_request_id(message, self.scope)
        if self._held is None:
            self.started = True
            await self._send(message)

    async def finish(self, receive: Receive) -> None:
        """Answer in our shape where the application gave no answer."""
        if self.started:
            return
        refused = self._held is not None and self._held["status"] == 429
        headers = retry_after(RETRY_SECONDS)
        if self._held is not None and (asked := Headers(raw=self._held["headers"]).get("retry-after")):
            headers = {"Retry-After": asked}
        headers["X-Request-ID"] = self.scope["state"]["request_id"]
        response = error_response(self.scope, 429 if refused else 503, MESSAGE, headers=headers)
        await response(self.scope, receive, self._send)


def _cleaned(scope: Scope) -> Scope:
    """Copy the scope with one harmless request id and without the headers that steer Serve."""
    request_id = safe_request_id(Headers(scope=scope).get("x-request-id"))
    kept = [(name, value) for name, value in scope["headers"] if name not in _STEERING and name != b"x-request-id"]
    headers = [*kept, (b"x-request-id", request_id.encode())]
    return {**scope, "headers": headers, "state": {"request_id": request_id}}


def _is_serves_own(message: Message) -> bool:
    """The application answers errors as JSON only, so an error in plain text is Serve's."""
    kind = Headers(raw=[(bytes(name), bytes(value)) for name, value in message["headers"]]).get("content-type", "")
    return message["status"] >= 400 and kind.startswith("text/plain")


def _one_request_id(message: Message, scope: Scope) -> None:
    """Serve adds the id beside the one that the application has set: keep one."""
    message["headers"] = [(bytes(name), bytes(value)) for name, value in message["headers"]]
    MutableHeaders(scope=message)["X-Request-ID"] = scope["state"]["request_id"]
