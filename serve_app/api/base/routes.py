"""How a call is hung up: under /api/v1, and under its alias at the root."""

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
    403: "No staff key is configured",
    404: "Not found",
    408: "The body did not arrive in time",
    409: "It contradicts what is stored",
    413: "The body is too large",
    429: "Too many calls from this address",
    503: "The database is away",
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "string"}}}


def errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Declare the errors of a call for the OpenAPI."""
    return {
        code: {
            "model": ErrorBody,
            "description": _MEANING[code],
            **({"headers": _RETRY_AFTER} if code in (429, 503) else {}),
        }
        for code in codes
    }


def add_both(
    router: APIRouter, method: str, path: str, alias: str | None, handler: Callable[..., Awaitable[Any]], **options: Any
) -> None:
    """Add `handler` under the prefix and, the same one, under its alias."""
    router.add_api_route(PREFIX + path, handler, methods=[method], **options)
    if alias is not None:
        router.add_api_route(alias, handler, methods=[method], **{**options, "tags": ["aliases"]})


def json_response(body: BaseModel, status: int = 200) -> Response:
    """Answer with a model as it is; none of our answers belongs into a cache."""
    return Response(body.model_dump_json(), status, {"Cache-Control": "no-store"}, media_type="application/json")
