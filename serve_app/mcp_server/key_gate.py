"""Counts wrong staff keys at the MCP server, as the staff calls do and together with them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from db.pool import DatabaseUnavailableError
from serve_app.api.base.errors import DATABASE_RETRY_SECONDS, ApiError, error_response, retry_after
from serve_app.api.base.staff_access import StaffAccess


class KeyGate:
    """Passes calls on to `app`, which refuses those without a right key; an address that guesses gets 429."""

    def __init__(self, app: ASGIApp, access: StaffAccess) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if scope["type"] != "http" else await self._refusal(scope) or self._app
        await app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> ASGIApp | None:
        try:
            await self._access.holder(Request(scope))
        except ApiError as error:
            return error_response(scope, error.status, error.message, headers=error.headers)
        except DatabaseUnavailableError as error:
            message = f"The key can't be checked: {error}"
            return error_response(scope, 503, message, headers=retry_after(DATABASE_RETRY_SECONDS))
        return None
