"""Signing in to the desk with a staff key, and out of it (H11)."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF


class SessionView(BaseModel):
    """Who is calling. `by`: with a session, with a key, or from this machine itself while no key is configured."""

    name: str = Field(description="It is stored with each action")
    by: Literal["session", "key", "local"]


class SessionCalls:
    """Handlers of signing in and out."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def show(self, request: Request) -> Response:
        """Say who is calling."""
        return json_response(await self._caller(request))

    async def sign_in(self, request: Request) -> Response:
        """Open a session for the holder of the key in the call: a cookie that no script reads, for a shift."""
        name = await self._deps.staff.holder(request)
        if name is None:
            return json_response(await self._caller(request))
        response = json_response(SessionView(name=name, by="session"))
        if self._deps.staff.sessions is not None:
            self._deps.staff.sessions.open(response, name)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session. It is no error to have none."""
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        if self._deps.staff.sessions is not None:
            self._deps.staff.sessions.close(response)
        return response

    async def _caller(self, request: Request) -> SessionView:
        staff = self._deps.staff
        if name := staff.in_session(request):
            return SessionView(name=name, by="session")
        if name := await staff.holder(request):
            return SessionView(name=name, by="key")
        return SessionView(name=await staff.require(request), by="local")


def session_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of the session."""
    calls = SessionCalls(deps)
    router = APIRouter(tags=["staff"])
    refusals = errors(401, 403, 429, 503)
    add_route(
        router, "GET", "/staff/session", None, calls.show,
        summary="Who am I", response_model=SessionView, responses=refusals, dependencies=[STAFF],
    )  # fmt: skip
    add_route(
        router, "POST", "/staff/session", None, calls.sign_in,
        summary="Sign in to the desk", response_model=SessionView, responses=refusals, dependencies=[STAFF],
    )  # fmt: skip
    # Without the scheme: who has no session may end it too.
    add_route(
        router, "DELETE", "/staff/session", None, calls.sign_out,
        summary="Sign out of the desk", status_code=204, response_model=None,
    )  # fmt: skip
    return router
