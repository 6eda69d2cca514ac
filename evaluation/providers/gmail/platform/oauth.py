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

from evaluation.providers.clock import ShiftedClock
from evaluation.providers.endpoint import with_faults
from evaluation.providers.faults import FaultKind
from evaluation.providers.gmail.options import GmailOptions
from evaluation.providers.gmail.platform.errors import refuse
from evaluation.providers.gmail.platform.signing import SigningKeys
from evaluation.providers.shared_state import SharedState

TOKEN, CERTS = "oauth2.token", "oauth2.certs"
_GRANT = frozenset({FaultKind.INVALID_GRANT})
_CERTS = frozenset({FaultKind.CERTS_UNAVAILABLE})
_CACHED = {"Cache-Control": "public, max-age=19800, must-revalidate, no-transform"}


class AccessTokens:
    """Issues access tokens and knows which are valid."""

    def __init__(self, options: GmailOptions, clock: ShiftedClock) -> None:
        self._options = options
        self._clock = clock
        self._expiry: dict[str, datetime] = {}

    def issue(self) -> str:
        """Return a new token."""
        token = f"ya29.{secrets.token_urlsafe(48)}"
        self._expiry[token] = self._clock.now() + timedelta(seconds=self._options.access_token_seconds)
        return token

    def revoke_all(self) -> None:
        """Invalidate every token."""
        self._expiry.clear()

    def valid(self, token: str) -> bool:
        """Return whether the token was issued here and has not expired."""
        expiry = self._expiry.get(token)
        return expiry is not None and self._clock.now() < expiry


def oauth_routes(options: GmailOptions, tokens: AccessTokens, keys: SigningKeys, shared: SharedState) -> list[Route]:
    """Return `/token` and the certificates, `/oauth2/v1/certs` (PEM) and `/oauth2/v3/certs` (JWK)."""
    faults = shared.faults
    faults.declare(TOKEN, _GRANT)
    faults.declare(CERTS, _CERTS)

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if faults.take(TOKEN, _GRANT):
            return _refused(400, "invalid_grant", "Token has been expired or revoked.")
        if refusal := _refusal(form, options):
            return refusal
        granted = {"access_token": tokens.issue(), "expires_in": options.access_token_seconds}
        return JSONResponse({**granted, "scope": " ".join(options.scopes), "token_type": "Bearer"})

    def served(what: str) -> Route:
        async def certs(_: Request) -> Response:
            if faults.take(CERTS, _CERTS):
                return refuse(503, {})
            return JSONResponse(keys.pem_map() if what == "v1" else keys.jwks(), headers=_CACHED)

        return Route(f"/oauth2/{what}/certs", with_faults(CERTS, certs, faults, refuse))

    return [Route("/token", with_faults(TOKEN, token, faults, refuse), methods=["POST"]), served("v1"), served("v3")]


def _refusal(form: Mapping[str, str], options: GmailOptions) -> Response | None:
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
