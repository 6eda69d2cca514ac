"""Verifies the OIDC token that Pub/Sub puts on each push, against Google's certificates."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.auth import exceptions, jwt
from google.auth.crypt import RSAVerifier

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_CLOCK_SKEW_S = 10
_TOKEN_LIMIT = 16_000
_MAX_AGE = re.compile(r"\bmax-age\s*=\s*(\d{1,9})", re.IGNORECASE)
_LEAST_AGE_S = 60.0
_MOST_AGE_S = 86_400.0
_RETRY_AFTER_S = 5.0


class ForgedPushError(Exception):
    """The token does not prove a push of our subscription: it is answered with 401 and nothing is stored."""


class CertificatesUnavailableError(Exception):
    """Google's certificates can't be fetched: the push is answered with 503, and Pub/Sub repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Google's public keys by key id (X.509, PEM), and for how many seconds they may be kept."""

    by_key_id: Mapping[str, str]
    max_age_s: float


def read_certificates(body: bytes, cache_control: str | None) -> Certificates:
    """Read the answer of `GOOGLE_CERTS_URL`; `cache_control` is its header. Raises CertificatesUnavailableError."""
    try:
        found = json.loads(body)
        for pem in found.values():
            RSAVerifier.from_string(pem)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, AttributeError, exceptions.GoogleAuthError) as error:
        raise CertificatesUnavailableError("the answer holds no certificates") from error
    if not found:
        raise CertificatesUnavailableError("the answer holds no certificates")
    match = _MAX_AGE.search(cache_control or "")
    age = float(match[1]) if match else _LEAST_AGE_S
    return Certificates(by_key_id=found, max_age_s=min(max(age, _LEAST_AGE_S), _MOST_AGE_S))


class PushVerifier:
    """Checks signature, issuer, audience, expiry and the service account of a push's token. Safe to share by threads.

    `fetch` gets the certificates (it may block, so call `verify` in a thread) and raises CertificatesUnavailableError
    when it can't. They are kept for as long as Google allows; an unknown key id has them fetched again, but no more
    often than each minute, so that forged tokens don't turn into requests.
    """

    def __init__(
        self,
        *,
        audience: str,
        service_account: str,
        fetch: Callable[[], Certificates],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audience = audience
        self._service_account = service_account
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._certificates: Certificates | None = None
        self._fetched_at = 0.0
        self._failed_at: float | None = None

    def verify(self, token: str) -> None:
        """Return if the token is genuine. Raises ForgedPushError or CertificatesUnavailableError."""
        key_id = _key_id(token)
        certificates = self._certificates_for(key_id)
        try:
            claims = jwt.decode(  # type: ignore[no-untyped-call]
                token, certs=certificates, audience=self._audience, clock_skew_in_seconds=_CLOCK_SKEW_S
            )
        except (exceptions.GoogleAuthError, ValueError, TypeError, OverflowError) as error:
            raise ForgedPushError(f"the token does not hold: {type(error).__name__}") from error
        self._check_claims(claims)

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") not in ISSUERS:
            raise ForgedPushError("another issuer")
        if claims.get("email") != self._service_account or claims.get("email_verified") is not True:
            raise ForgedPushError("another service account, or an unverified one")

    def _certificates_for(self, key_id: str) -> Mapping[str, str]:
        with self._lock:
            now = self._clock()
            held = self._certificates
            age = now - self._fetched_at
            if held is not None and age < held.max_age_s and (key_id in held.by_key_id or age < _LEAST_AGE_S):
                return held.by_key_id
            return self._fetched(now).by_key_id

    def _fetched(self, now: float) -> Certificates:
        if self._failed_at is not None and now - self._failed_at < _RETRY_AFTER_S:
            raise CertificatesUnavailableError("they could not be had a moment ago")
        try:
            self._certificates = self._fetch()
        except CertificatesUnavailableError:
            self._failed_at = now
            raise
        self._fetched_at, self._failed_at = now, None
        return self._certificates


def bearer_token(authorization: str | None) -> str:
    """Return the token of an `Authorization: Bearer …` header. Raises ForgedPushError without one."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ForgedPushError("no bearer token")
    return token.strip()


def _key_id(token: str) -> str:
    """Return the id of the key that the token names. Refuses what can't be Google's before any request is made."""
    if len(token) > _TOKEN_LIMIT or not token.isascii():
        raise ForgedPushError("no token")
    try:
        header = jwt.decode_header(token)  # type: ignore[no-untyped-call]
    except (exceptions.GoogleAuthError, ValueError, TypeError, RecursionError) as error:
        raise ForgedPushError("no token") from error
    key_id = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(key_id, str) or not key_id:
        raise ForgedPushError("not signed with one of Google's keys")
    return key_id
