"""Registers a route under /api/v1 and its alias; declares its errors; makes JSON responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from serve_app.api.base.errors import ErrorBody

PREFIX = "/api/v1"
_MEANING = {
    400: "Something in the call is not as it should be; `details` names it",
    401: "The staff key is missing or wrong",
    403: "No staff key is configured and the call is not this machine's own, or another page asks in a session",
    404: "Not found",
    408: "The body did not arrive in time",
    409: "It contradicts what is stored",
    413: "The body, or the file, is too large",
    429: "Too many calls, or wrong keys, from this address",
    503: "The database, or what else the call needs, is away",
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "string"}}}


def errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` by which a route declares these status codes in the OpenAPI."""
    return {
        code: {
            "model": ErrorBody,
            "description": _MEANING[code],
            **({"headers": _RETRY_AFTER} if code in (429, 503) else {}),
        }
        for code in codes
    }


def add_route(
    router: APIRouter, method: str, path: str, alias: str | None, handler: Callable[..., Awaitable[Any]], **options: Any
) -> None:
    """Register `handler` at `PREFIX + path` and, unless None, at `alias`, which is tagged `aliases`."""
    router.add_api_route(PREFIX + path, handler, methods=[method], **options)
    if alias is not None:
        router.add_api_route(alias, handler, methods=[method], **{**options, "tags": ["aliases"]})


def json_response(body: BaseModel | bytes, status: int = 200) -> Response:
    """Return a response that no cache may store; bytes are JSON already."""
    content = body if isinstance(body, bytes) else body.model_dump_json()
    return Response(content, status, {"Cache-Control": "no-store"}, media_type="application/json")
