"""Signing in to the desk by the company's provider of identities (OpenID Connect). With a key: `session.py`."""

from __future__ import annotations

from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Query, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from db.pool import acquire
from serve_app.api.base.deps import SIGN_IN, ApiDeps, ProviderLogin
from serve_app.api.base.errors import ApiError
from serve_app.api.base.limits import count_call
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.base.sign_in_attempt import Attempt, NotProvedError, ProviderAwayError
from serve_app.api.base.staff_people import person
from serve_app.settings.values import RateLimit

COOKIE = "nightdesk_sign_in"
ATTEMPT_S = 600
"""How long a person may take at the provider."""
ATTEMPTS = RateLimit(hits=60, seconds=60)
Outcome = Literal["cancelled", "old", "refused", "failed", "away"]
"""Why nobody was let in: the person or the provider said no, the attempt is unknown or too old, the person may not work
here, the answer proves nothing, the provider is away. The page has the words."""
_log = structlog.get_logger(__name__)
_Text = Annotated[str, Query(max_length=4096)]


class WaysIn(BaseModel):
    """How to sign in to the desk."""

    provider: str | None = Field(description="Where signing in by the provider of identities begins; null: only by key")


class SignInCalls:
    """Handlers of signing in by the provider. The browser keeps the attempt in a signed cookie."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._attempts = URLSafeTimedSerializer(deps.secret_key, salt="staff-sign-in")

    async def ways(self, request: Request) -> Response:
        """Say how to sign in. Anybody may ask: the page that asks has nobody yet."""
        # At the product's own address, where the provider sends people back to: a cookie counts for one host only.
        start = f"{self._deps.public_base_url}{SIGN_IN}/start" if self._deps.provider_login else None
        return json_response(WaysIn(provider=start))

    async def start(self, request: Request) -> Response:
        """Send the browser to the provider."""
        own = self._provider_login()
        await self._count(request)
        attempt = Attempt.new()
        try:
            response = _to(await own.provider.address(attempt))
        except ProviderAwayError as error:
            return self._refuse("away", str(error))
        response.set_cookie(
            COOKIE,
            self._attempts.dumps(attempt.as_dict()),
            max_age=ATTEMPT_S,
            path=SIGN_IN,
            httponly=True,
            samesite="lax",  # it comes back with a navigation that the provider's page began
            secure=self._deps.public_base_url.startswith("https:"),
        )
        return response

    async def callback(
        self, request: Request, state: _Text = "", code: _Text = "", error: _Text = "", iss: _Text = ""
    ) -> Response:
        """Take what the provider proves, and open the session of the person whom it names."""
        own = self._provider_login()
        await self._count(request)
        attempt = self._attempt(request)
        if attempt is None or attempt.state != state:
            return self._refuse("old", "no such attempt")
        if error or not code:
            return self._refuse("cancelled", error or "no code")
        if iss not in ("", own.login.issuer):
            return self._refuse("failed", f"an answer of {iss!r}")
        try:
            claims = await own.provider.claims(attempt, code)
        except ProviderAwayError as failure:
            return self._refuse("away", str(failure))
        except NotProvedError as failure:
            return self._refuse("failed", str(failure))
        name = person(claims, own.login)
        if name is None:
            return self._refuse("refused", f"subject {claims['sub']!r} is on no list")
        return self._let_in(name)

    def _let_in(self, name: str) -> Response:
        response = _to("/staff")
        assert self._deps.staff.sessions is not None
        self._deps.staff.sessions.open_for_person(response, name)
        _log.info("staff_signed_in", by=name)
        return self._without_attempt(response)

    def _refuse(self, outcome: Outcome, why: str) -> Response:
        _log.warning("staff_not_signed_in", outcome=outcome, why=why)
        return self._without_attempt(_to(f"/staff?sign-in={outcome}"))

    def _without_attempt(self, response: Response) -> Response:
        """An attempt counts once."""
        response.delete_cookie(COOKIE, path=SIGN_IN, httponly=True, samesite="lax")
        return response

    def _attempt(self, request: Request) -> Attempt | None:
        try:
            return Attempt(**self._attempts.loads(request.cookies.get(COOKIE, ""), max_age=ATTEMPT_S))
        except BadSignature:
            return None

    def _provider_login(self) -> ProviderLogin:
        if self._deps.provider_login is None:
            raise ApiError(404, "Nobody signs in by a provider here: OIDC_ISSUER is not set")
        return self._deps.provider_login

    async def _count(self, request: Request) -> None:
        async with acquire(self._deps.pool) as database:
            await count_call(database, request, "staff-sign-in", ATTEMPTS)


def sign_in_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of signing in by the provider."""
    calls = SignInCalls(deps)
    router = APIRouter(tags=["staff"])
    add_route(
        router, "GET", "/staff/sign-in", None, calls.ways,
        summary="How to sign in to the desk", response_model=WaysIn, responses=errors(),
    )  # fmt: skip
    # Not in the OpenAPI: no calls of programs, a browser goes through them.
    add_route(router, "GET", "/staff/sign-in/start", None, calls.start, include_in_schema=False)
    add_route(router, "GET", "/staff/sign-in/callback", None, calls.callback, include_in_schema=False)
    return router


def _to(url: str) -> Response:
    return RedirectResponse(url, 303, {"Cache-Control": "no-store"})
