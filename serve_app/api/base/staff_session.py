"""The session of a person at the desk's page: a signed cookie in place of the key, which no script can read.

A call by cookie that changes something must come from our own page: browsers send the cookie along with such calls of
other pages of the same site.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote, urlsplit

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import Request
from starlette.responses import Response

from serve_app.api.base.errors import ApiError

COOKIE = "nightdesk_staff"
HEADER = "X-Nightdesk-Desk"
"""The desk's page sends it with what it posts; a form of another page can't, and a script of one may not."""
SESSION_S = 12 * 3600
"""A shift: the person signs in again afterwards."""
_SAFE = ("GET", "HEAD", "OPTIONS")


class StaffSessions:
    """Signs and reads the cookie. A session ends with what opened it, which is part of the signature: the key, or the
    rule `people` of who may sign in by the provider (None: nobody)."""

    def __init__(
        self, secret_key: str, keys: Sequence[tuple[str, str]], public_base_url: str, people: str | None = None
    ) -> None:
        self._secret_key = secret_key
        self._keys: Mapping[str, str] = dict(keys)
        self._home = urlsplit(public_base_url)
        self._people = people

    def open(self, response: Response, name: str) -> None:
        """Put the session of this key's holder into the response's cookie."""
        self._put(response, name, self._of_key(name))

    def open_for_person(self, response: Response, name: str) -> None:
        """Put the session of a person who has signed in by the provider into the response's cookie."""
        self._put(response, name, self._of_people())

    def _put(self, response: Response, name: str, signer: TimestampSigner | None) -> None:
        assert signer is not None
        signed = signer.sign(quote(name, safe="")).decode()
        response.set_cookie(
            COOKIE, signed, max_age=SESSION_S, httponly=True, samesite="strict", secure=self._home.scheme == "https"
        )

    def close(self, response: Response) -> None:
        """Take the cookie away."""
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=self._home.scheme == "https")

    def name(self, request: Request) -> str | None:
        """Return whose session the call carries, None without a valid one. Raises ApiError 403 when a call that
        changes something does not come from our own page."""
        signed = request.cookies.get(COOKIE)
        name = unquote(signed.rsplit(".", 2)[0]) if signed else ""
        if not signed or not any(_is_by(signer, signed) for signer in (self._of_key(name), self._of_people())):
            return None
        if request.method not in _SAFE and not self._is_ours(request):
            raise ApiError(403, "A session's calls come from the desk's own page; others send a staff key")
        return name

    def _is_ours(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        hosts = (request.headers.get("host"), self._home.netloc)
        return HEADER in request.headers and (origin is None or urlsplit(origin).netloc in hosts)

    def _of_key(self, name: str) -> TimestampSigner | None:
        if name not in self._keys:
            return None
        digest = hashlib.sha256(self._keys[name].encode()).hexdigest()
        return TimestampSigner(self._secret_key, salt=f"staff-session:{digest}")

    def _of_people(self) -> TimestampSigner | None:
        if self._people is None:
            return None
        return TimestampSigner(self._secret_key, salt=f"staff-session-of-person:{self._people}")


def _is_by(signer: TimestampSigner | None, signed: str) -> bool:
    """Return whether this signer has signed the cookie within a shift."""
    if signer is None:
        return False
    try:
        signer.unsign(signed, max_age=SESSION_S)
    except BadSignature:
        return False
    return True
