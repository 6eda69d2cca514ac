"""HTTP transport to Google: no retries, bounded time-outs, authorised with the account's token."""

from __future__ import annotations

from typing import Any

import httplib2  # type: ignore[import-untyped]
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials
from requests.adapters import HTTPAdapter

from ingest.mail.push_token import Certificates, CertificatesUnavailableError, read_certificates

CONNECT_S, READ_S = 5.0, 20.0
CERTIFICATES_S = 3.0
"""Pub/Sub waits ten seconds for the acknowledgement of a push."""
CONNECTIONS = 16


class SingleAttemptHttp:
    """Replaces `httplib2.Http` in google-api-python-client, as that repeats a POST whose response was lost.

    Thread-safe. After a 401 the request is repeated with a new token, which is safe: a refused call had no effect.
    """

    def __init__(self, credentials: Credentials, *, timeout: tuple[float, float] = (CONNECT_S, READ_S)) -> None:
        self._session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS))
        self._timeout = timeout

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        """Make one request. Raises errors of requests and google.auth when there is no response."""
        send: Any = self._session.request
        answer = send(method, uri, data=body, headers=headers, timeout=self._timeout, allow_redirects=False)
        return httplib2.Response({**answer.headers, "status": str(answer.status_code)}), answer.content

    def close(self) -> None:
        """Close the connections."""
        close: Any = self._session.close
        close()


def fetch_certificates(url: str) -> Certificates:
    """Fetch Google's certificates; blocks for at most a few seconds. Raises CertificatesUnavailableError."""
    try:
        answer = requests.get(url, timeout=CERTIFICATES_S)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise CertificatesUnavailableError(f"Google's certificates can't be had: {type(error).__name__}") from error
    return read_certificates(answer.content, answer.headers.get("Cache-Control"))
