"""Who of the staff is calling (H11): a Bearer key, or anybody at a server that only this machine can reach."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.requests import Request

from serve_app.api.errors import ApiError

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="nightdesk staff"'}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffKeys:
    """The staff's keys by name. Without any, only a server bound to loopback answers staff calls."""

    pairs: tuple[tuple[str, str], ...]
    bound_to_loopback: bool

    @classmethod
    def parse(cls, text: str | None, *, bound_to_loopback: bool) -> StaffKeys:
        """Read `name:key,name2:key2`; a key without a name belongs to `staff`. Raises ValueError for an empty key."""
        entries = [entry.strip() for entry in (text or "").split(",") if entry.strip()]
        split = [entry.partition(":") for entry in entries]
        pairs = tuple((name.strip(), key.strip()) if separator else ("staff", name) for name, separator, key in split)
        if any(not name or not key for name, key in pairs):
            raise ValueError("STAFF_API_KEY: expected name:key pairs, separated by commas, none of them empty")
        return cls(pairs=pairs, bound_to_loopback=bound_to_loopback)

    def holder(self, authorization: str | None) -> str | None:
        """Return whose key the header carries, as `key` or `name:key`; every key is compared, in constant time."""
        scheme, _, presented = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = None
        for name, key in self.pairs:
            if _same(presented.strip(), key) | _same(presented.strip(), f"{name}:{key}"):
                found = name
        return found

    def require(self, request: Request) -> str:
        """Return the name of the caller. Raises ApiError: 401 wrong or no key, 403 where none could help."""
        if not self.pairs:
            if self.bound_to_loopback and _addressed_to_loopback(request):
                return "local"
            raise ApiError(403, "No staff key is configured: set STAFF_API_KEY to use the staff's calls")
        name = self.holder(request.headers.get("authorization"))
        if name is None:
            raise ApiError(401, "This call needs a staff key: Authorization: Bearer <key>", headers=_CHALLENGE)
        return name


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
