"""Middleware of every call: request ids, CORS, limits of the body, and a 500 without a stack trace.

Pure ASGI: Starlette's BaseHTTPMiddleware would cost a task and a queue for each call.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve_app.api.base.errors import error_response, retry_after
from serve_app.api.base.limits import client_key

MAX_BODY_BYTES = 1_000_000
BODY_SECONDS = 20.0
FILES_SECONDS = 90.0
"""Five files of five megabytes over a telephone's uplink of 2.5 Mbit/s."""
FILES_RETRY_SECONDS = 3.0
FILES_AT_ONCE = 4
"""Bodies with files stand whole in memory, a few times over; others are asked to come again."""
FILES_OF_ONE_ADDRESS = 2
"""Of these: who sends slowly on purpose leaves room for everybody else."""
_SAFE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_log = structlog.get_logger(__name__)


def safe_request_id(offered: str | None) -> str:
    """Return the caller's id when it is safe in logs and headers, else a new one."""
    return offered if offered and _SAFE_ID.fullmatch(offered) else uuid4().hex


class RequestIds:
    """Outermost: gives each call an id, in the scope, the log context and the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = safe_request_id(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)


class Cors(CORSMiddleware):
    """Starlette's CORSMiddleware, with refused preflights in our error shape."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else None
        preflight = {"origin", "access-control-request-method"}
        if headers is None or scope["method"] != "OPTIONS" or not preflight <= set(headers.keys()):
            await super().__call__(scope, receive, send)
            return
        response = self.preflight_response(request_headers=headers)
        if response.status_code >= 400:
            response = error_response(scope, 400, "This origin, method or header is not allowed", code="CORS_REFUSED")
        await response(scope, receive, send)


class _Places:
    """The places for bodies with files, by the address that sends one."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, address: str) -> Iterator[bool]:
        """Hold a place for this address; False: there is none for it now."""
        free = self._taken.total() < FILES_AT_ONCE and self._taken[address] < FILES_OF_ONE_ADDRESS
        self._taken[address] += free
        try:
            yield free
        finally:
            self._taken[address] -= free
            self._taken += Counter()  # addresses without a place are forgotten


class Guard:
    """Innermost: reads the body within its limits (408, 413), and answers an uncaught exception with a bare 500.

    Where files are posted (a path that ends with /files) the body may hold `files_bytes` more, over a longer time.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_body_bytes: int = MAX_BODY_BYTES,
        body_seconds: float = BODY_SECONDS,
        files_bytes: int = 0,
    ) -> None:
        self._app = app
        self._limit = max_body_bytes
        self._seconds = body_seconds
        self._files_limit = max_body_bytes + files_bytes
        self._places = _Places()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._guarded(scope, receive, send)
            return
        if not scope["path"].endswith("/files"):
            await self._whole(scope, receive, send, self._limit, self._seconds)
            return
        with self._places.taken(client_key(Request(scope))) as free:
            if free:
                await self._whole(scope, receive, send, self._files_limit, FILES_SECONDS)
                return
        message = "Many files come in at this moment; please try again"
        await error_response(scope, 503, message, headers=retry_after(FILES_RETRY_SECONDS))(scope, receive, send)

    async def _whole(self, scope: Scope, receive: Receive, send: Send, limit: int, seconds: float) -> None:
        """Pass the call on with its whole body."""
        try:
            body = await self._read(scope, receive, limit, seconds)
        except TimeoutError:
            await error_response(scope, 408, "The body did not arrive in time")(scope, receive, send)
            return
        if body is None:
            refusal = error_response(scope, 413, f"The body is larger than {limit} bytes")
            await refusal(scope, receive, send)
            return
        await self._guarded(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive, limit: int, seconds: float) -> Message | None:
        """Return the whole body as one message (or the disconnect), None when it is too large."""
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isascii() or not announced.isdigit() or int(announced) > limit:
            return None
        body = bytearray()
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return message
                body += message.get("body", b"")
                if len(body) > limit:
                    return None
                if not message.get("more_body"):
                    return {"type": "http.request", "body": bytes(body), "more_body": False}

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            _log.exception("request_failed", method=scope["method"])
            if started:
                raise
            await error_response(scope, 500, "Something went wrong on our side")(scope, receive, send)


def _replay(first: Message, receive: Receive) -> Receive:
    """Return a `receive` that gives `first`, then what the connection gives."""
    pending: list[Message] = [first]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
