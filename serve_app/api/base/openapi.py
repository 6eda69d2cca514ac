"""The OpenAPI schema without FastAPI's 422 and its two models: validation errors are 400 here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

DESCRIPTION = """\
A 24/7 customer-success agent. Customers send a form and read the answer on their ticket; staff calls carry a key.

Every error has one shape: `{error, message, details?, request_id}`; validation errors are 400.
"""
_UNUSED_SCHEMAS = ("HTTPValidationError", "ValidationError")


def openapi_builder(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return the replacement of `app.openapi`; it builds the schema once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    return openapi


def _build(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for name in _UNUSED_SCHEMAS:
        schema["components"]["schemas"].pop(name, None)
    return schema
