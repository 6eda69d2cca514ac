"""Authentication of staff calls (H11): a Bearer key; none is needed on a loopback server without staff keys."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.requests import Request

from serve_app.api.base.errors import ApiError
from serve_app.settings.values import parse_staff_keys

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="nightdesk staff"'}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffKeys:
    """The staff keys as pairs of name and key. Without any, only a server bound to loopback answers staff calls.

    `operator_token` is the key of the `nightdesk` commands; it is generated, so it does not count as a configured key.
    """

    pairs: tuple[tuple[str, str], ...]
    bound_to_loopback: bool
    operator_token: str | None = None

    @classmethod
    def parse(cls, text: str | None, *, bound_to_loopback: bool, operator_token: str | None = None) -> StaffKeys:
        """Read the keys as STAFF_API_KEY has them. Raises ValueError for an empty key."""
        return cls(
            pairs=parse_staff_keys(text or ""), bound_to_loopback=bound_to_loopback, operator_token=operator_token
        )

    def holder(self, authorization: str | None) -> str | None:
        """Return the name of the key in the header (`key` or `name:key`); every key is compared, in constant time."""
        scheme, _, presented = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = None
        operator = (("operator", self.operator_token),) if self.operator_token else ()
        for name, key in (*self.pairs, *operator):
            if _same(presented.strip(), key) | _same(presented.strip(), f"{name}:{key}"):
                found = name
        return found

    def require(self, request: Request) -> str:
        """Return the name of the caller. Raises ApiError: 401 wrong or no key, 403 no key is configured."""
        name = self.holder(request.headers.get("authorization"))
        if name is not None:
            return name
        if not self.pairs:
            if self.bound_to_loopback and _addressed_to_loopback(request):
                return "local"
            raise ApiError(403, "No staff key is configured: set STAFF_API_KEY to use the staff's calls")
        raise ApiError(401, "This call needs a staff key: Authorization: Bearer <key>", headers=_CHALLENGE)


def _same(presented: str, expected: str) -> bool:
    return hmac.compare_digest(presented.encode("utf-8", "replace"), expected.encode())


def _addressed_to_loopback(request: Request) -> bool:
    """Guards against DNS rebinding: a foreign page whose host name resolves to 127.0.0.1 sends that name as Host."""
    host = request.url.hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
