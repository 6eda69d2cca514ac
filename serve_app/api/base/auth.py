"""Who of the staff is calling (H11): a Bearer key, or anybody at a server that only this machine can reach."""

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
    """The staff's keys by name. Without any, only a server bound to loopback answers staff calls.

    `operator_token` is the key of our own commands; it is generated, so it is no sign that staff keys were set up.
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
        """Return whose key the header carries, as `key` or `name:key`; every key is compared, in constant time."""
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
        """Return the name of the caller. Raises ApiError: 401 wrong or no key, 403 where none could help."""
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
    """A page elsewhere can point its own host name at 127.0.0.1; then the Host header gives it away."""
    host = request.url.hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
