"""The one error shape of every call: `{error, message, details?, request_id}` (H12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from db.pool import DatabaseUnavailableError

CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    409: "CONFLICT",
    413: "BODY_TOO_LARGE",
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    503: "UNAVAILABLE",
}
DATABASE_RETRY_SECONDS = 5
_log = structlog.get_logger(__name__)

_MESSAGES = {
    "missing": "is required",
    "string_type": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_unicode": "contains a character that is no Unicode text (a lone surrogate)",
    "string_pattern_mismatch": "has characters that are not allowed here",
    "literal_error": "must be one of {expected}",
    "json_invalid": "is not valid JSON",
    "multipart_invalid": "is no form that can be read, as multipart/form-data is",
    "model_attributes_type": "must be a JSON object, sent as application/json",
    "dict_type": "must be a JSON object, sent as application/json",
}


class FieldProblem(BaseModel):
    """What is wrong with one field; `field` is `body` where no single field is at fault."""

    field: str
    message: str


class ErrorBody(BaseModel):
    """The body of every error response."""

    error: str = Field(description="A code for programs", examples=["VALIDATION_ERROR"])
    message: str = Field(description="A sentence for people")
    details: list[FieldProblem] | None = Field(default=None, description="The fields that were refused, where any were")
    request_id: str = Field(description="The same as the header X-Request-ID")


class ApiError(Exception):
    """The call is refused with `status` in the error shape; nothing was stored."""

    def __init__(
        self, status: int, message: str, *, code: str = "", field: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or CODES[status]
        self.details = [FieldProblem(field=field, message=message)] if field else None
        self.headers = dict(headers or {})


def request_id(scope: Scope) -> str:
    """Return the id that RequestIds gave to this call, empty outside it."""
    return str(scope.get("state", {}).get("request_id", ""))


def retry_after(seconds: float) -> dict[str, str]:
    """Return a Retry-After header in whole seconds, at least one."""
    return {"Retry-After": str(max(1, ceil(seconds)))}


def error_response(
    scope: Scope,
    status: int,
    message: str,
    *,
    code: str = "",
    details: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build a response in the error shape; `code` defaults to that of the status."""
    body = ErrorBody(
        error=code or CODES.get(status, "ERROR"), message=message, details=details, request_id=request_id(scope)
    )
    text = body.model_dump_json(exclude_none=True)
    return Response(text, status, {"Cache-Control": "no-store", **(headers or {})}, media_type="application/json")


def install_error_handlers(app: FastAPI) -> None:
    """Answer in the error shape whatever a handler or the framework raises."""

    @app.exception_handler(ApiError)
    async def refused(request: Request, error: ApiError) -> Response:
        return error_response(
            request.scope, error.status, error.message, code=error.code, details=error.details, headers=error.headers
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        details = problems(error.errors())
        message = "; ".join(f"{problem.field}: {problem.message}" for problem in details[:5])
        return error_response(request.scope, 400, message, code="VALIDATION_ERROR", details=details)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        if error.status_code == 400:  # the framework could not read the body at all: wrong encoding, nested too deep
            form = request.headers.get("content-type", "").startswith("multipart/")
            problem = FieldProblem(field="body", message=_MESSAGES["multipart_invalid" if form else "json_invalid"])
            message = f"{problem.field}: {problem.message}"
            return error_response(request.scope, 400, message, code="VALIDATION_ERROR", details=[problem])
        allowed = ", ".join(sorted(_allowed(request))) if error.status_code == 405 else ""
        headers = {"Allow": allowed} if allowed else error.headers
        return error_response(request.scope, error.status_code, str(error.detail), headers=headers)

    @app.exception_handler(DatabaseUnavailableError)
    async def database_away(request: Request, error: DatabaseUnavailableError) -> Response:
        _log.warning("database_unavailable", cause=str(error))
        message = "The service can't reach its database at the moment. Nothing was stored; please try again."
        return error_response(request.scope, 503, message, headers=retry_after(DATABASE_RETRY_SECONDS))


def problems(errors: Iterable[Mapping[str, object]]) -> list[FieldProblem]:
    """Return pydantic's errors as sentences that name the field and repeat nothing that was sent."""
    return [FieldProblem(field=_field(error), message=_message(error)) for error in errors]


def _allowed(request: Request) -> set[str]:
    """All methods of a path; Starlette would name only those of the first route that matches."""
    # An included router is one entry of `app.routes`.
    routers = [request.app, *(one.original_router for one in request.app.routes if hasattr(one, "original_router"))]
    flat = (route for router in routers for route in router.routes if hasattr(route, "methods"))
    there = (route for route in flat if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in there for method in route.methods or ()}


def _field(error: Mapping[str, object]) -> str:
    where = error["loc"]
    assert isinstance(where, tuple)
    names = [str(part) for part in where[1:2] if isinstance(part, str)]
    return names[0] if names else str(where[0])


def _message(error: Mapping[str, object]) -> str:
    context = error.get("ctx")
    template = _MESSAGES.get(str(error["type"]))
    if template is None:
        return str(error["msg"])
    return template.format_map(context if isinstance(context, dict) else {})
