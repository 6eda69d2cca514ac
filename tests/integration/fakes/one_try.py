"""A transport for google-api-python-client that asks once: httplib2 repeats a POST whose answer was lost."""

from __future__ import annotations

from typing import Any

import httplib2  # type: ignore[import-untyped]
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials


class OneTryHttp:
    """What the client needs of `httplib2.Http`, over requests; nothing is sent twice."""

    def __init__(self, credentials: Credentials, timeout: float = 60.0) -> None:
        self._session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        self.timeout = timeout

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        """One request. Raises requests' exceptions when there is no answer."""
        send: Any = self._session.request
        answer = send(method, uri, data=body, headers=headers, timeout=self.timeout)
        return httplib2.Response({**answer.headers, "status": str(answer.status_code)}), answer.content
