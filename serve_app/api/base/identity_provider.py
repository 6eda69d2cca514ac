"""The company's provider of identities (OpenID Connect): the authorization code flow with PKCE.

What the provider says of itself and its keys are read once an hour; its keys also when a token names an unknown one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from serve_app.api.base.sign_in_attempt import Attempt, NotProvedError, ProviderAwayError
from serve_app.settings.login import LoginArgs

SKEW_S = 60
"""How far the provider's clock may be from ours."""
KEPT_S = 3600.0
KEYS_AGAIN_S = 10.0
"""Tokens with unknown keys make us ask for the keys no more often than this."""
TIMEOUT_S = 10.0
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""By key pairs only: `none` proves nothing, and who knows our secret could sign by HS256."""


class IdentityProvider:
    """`redirect_uri` is where the provider sends people back to. `clock` is in seconds since the epoch."""

    def __init__(self, login: LoginArgs, redirect_uri: str, *, clock: Callable[[], float] = time.time) -> None:
        self._login, self._redirect_uri, self._clock = login, redirect_uri, clock
        self._known: Mapping[str, Any] = {}
        self._known_at = float("-inf")
        self._keys: KeySet | None = None
        self._keys_at = float("-inf")

    async def address(self, attempt: Attempt) -> str:
        """Return where the person signs in. Raises ProviderAwayError."""
        async with self._client() as client:
            known = await self._metadata(client)
            url, _ = client.create_authorization_url(
                known["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(url)

    async def claims(self, attempt: Attempt, code: str) -> dict[str, Any]:
        """Exchange the code and return what the provider proves. Raises ProviderAwayError, NotProvedError."""
        async with self._client() as client:
            known = await self._metadata(client)
            client.token_endpoint_auth_method = self._authentication(known)
            try:
                token = await client.fetch_token(
                    known["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                    redirect_uri=self._redirect_uri,
                )
            except OAuthError as error:
                raise NotProvedError(f"the code was refused: {error.error}") from None
            except (httpx2.HTTPError, ValueError) as error:
                raise ProviderAwayError(type(error).__name__) from None
            return await self._proved(client, known, attempt, token)

    async def _proved(
        self, client: AsyncOAuth2Client, known: Mapping[str, Any], attempt: Attempt, token: Mapping[str, Any]
    ) -> dict[str, Any]:
        try:
            signed = str(token["id_token"])
            try:
                decoded = jwt.decode(signed, await self._key_set(client, known), algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                decoded = jwt.decode(signed, await self._key_set(client, known, anew=True), algorithms=ALGORITHMS)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self._login.issuer},
                    "aud": {"essential": True, "value": self._login.client_id},
                },
                params={
                    "nonce": attempt.nonce,
                    "client_id": self._login.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock()), leeway=SKEW_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise NotProvedError(f"the token: {type(error).__name__}: {error}") from None
        return dict(claims)

    def _client(self) -> AsyncOAuth2Client:
        secret = self._login.client_secret
        return AsyncOAuth2Client(
            client_id=self._login.client_id,
            client_secret=secret.get_secret_value() if secret else None,
            scope=self._login.scopes,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
        )

    def _authentication(self, known: Mapping[str, Any]) -> str:
        """Return how this client says who it is; a provider that names no way takes HTTP Basic."""
        if self._login.client_secret is None:
            return "none"
        ways = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"

    async def _metadata(self, client: AsyncOAuth2Client) -> Mapping[str, Any]:
        if self._clock() - self._known_at >= KEPT_S:
            found = OpenIDProviderMetadata(
                await _json(client, self._login.issuer.rstrip("/") + "/.well-known/openid-configuration")
            )
            if found.get("issuer") != self._login.issuer:
                raise ProviderAwayError(f"it calls itself {found.get('issuer')!r}, not {self._login.issuer!r}")
            for needed in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(found.get(needed), str):
                    raise ProviderAwayError(f"it names no {needed}")
            self._known, self._known_at = found, self._clock()
        return self._known

    async def _key_set(self, client: AsyncOAuth2Client, known: Mapping[str, Any], *, anew: bool = False) -> KeySet:
        """Return its keys, read again after an hour, or `anew`. Raises ValueError for what are no keys."""
        if self._keys is None or self._clock() - self._keys_at >= (KEYS_AGAIN_S if anew else KEPT_S):
            self._keys = KeySet.import_key_set(await _json(client, known["jwks_uri"]))  # type: ignore[arg-type]
            self._keys_at = self._clock()
        return self._keys


async def _json(client: AsyncOAuth2Client, url: str) -> dict[str, Any]:
    """Return the JSON object at this address. Raises ProviderAwayError."""
    try:
        response = await client.request("GET", url, withhold_token=True)
        response.raise_for_status()
        found = response.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise ProviderAwayError(f"{url}: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise ProviderAwayError(f"{url}: no JSON object")
    return found
