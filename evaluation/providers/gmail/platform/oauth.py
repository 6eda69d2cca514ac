"""Google's OAuth endpoints: the token server for refresh tokens, and the certificates."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evaluation.providers.backstage import Backstage
from evaluation.providers.clock import ShiftedClock
from evaluation.providers.endpoint import faulty
from evaluation.providers.faults import FaultKind
from evaluation.providers.gmail.options import GmailOptions
from evaluation.providers.gmail.platform.errors import refuse
from evaluation.providers.gmail.platform.signing import SigningKeys

TOKEN, CERTS = "oauth2.token", "oauth2.certs"
_GRANT = frozenset({FaultKind.INVALID_GRANT})
_CERTS = frozenset({FaultKind.CERTS_UNAVAILABLE})
_CACHED = {"Cache-Control": "public, max-age=19800, must-revalidate, no-transform"}


class AccessTokens:
    """The access tokens that were issued and have not expired."""

    def __init__(self, options: GmailOptions, clock: ShiftedClock) -> None:
        self._options = options
        self._clock = clock
        self._expiry: dict[str, datetime] = {}

    def issue(self) -> str:
        """A new token."""
        token = f"ya29.{secrets.token_urlsafe(48)}"
        self._expiry[token] = self._clock.now() + timedelta(seconds=self._options.access_token_seconds)
        return token

    def revoke_all(self) -> None:
        """Make every token invalid at once."""
        self._expiry.clear()

    def valid(self, token: str) -> bool:
        """True for a token of ours within its time."""
        expiry = self._expiry.get(token)
        return expiry is not None and self._clock.now() < expiry


def oauth_routes(options: GmailOptions, tokens: AccessTokens, keys: SigningKeys, backstage: Backstage) -> list[Route]:
    """`/token` and both forms of the certificates."""
    faults = backstage.faults
    faults.declare(TOKEN, _GRANT)
    faults.declare(CERTS, _CERTS)

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if faults.take(TOKEN, _GRANT):
            return _refused(400, "invalid_grant", "Token has been expired or revoked.")
        return _wrong(form, options) or JSONResponse(_granted(options, tokens.issue()))

    def served(what: str) -> Route:
        async def certs(_: Request) -> Response:
            if faults.take(CERTS, _CERTS):
                return refuse(503, {})
            return JSONResponse(keys.pem_map() if what == "v1" else keys.jwks(), headers=_CACHED)

        return Route(f"/oauth2/{what}/certs", faulty(CERTS, certs, faults, refuse))

    return [Route("/token", faulty(TOKEN, token, faults, refuse), methods=["POST"]), served("v1"), served("v3")]


def _granted(options: GmailOptions, token: str) -> dict[str, object]:
    scope = " ".join(options.scopes)
    return {"access_token": token, "expires_in": options.access_token_seconds, "scope": scope, "token_type": "Bearer"}


def _wrong(form: Mapping[str, str], options: GmailOptions) -> Response | None:
    if form.get("grant_type") != "refresh_token":
        return _refused(400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
    if not _same(form, "client_id", options.client_id) or not _same(form, "client_secret", options.client_secret):
        return _refused(401, "invalid_client", "The OAuth client was not found.")
    if not _same(form, "refresh_token", options.refresh_token):
        return _refused(400, "invalid_grant", "Token has been expired or revoked.")
    return None


def _same(form: Mapping[str, str], name: str, expected: str) -> bool:
    return hmac.compare_digest(form.get(name, "").encode(), expected.encode())


def _refused(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)
