"""Authentication of staff calls (H11): a Bearer key; while none is configured, a call from this machine itself."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from serve_app.api.base.errors import ApiError
from serve_app.api.base.local_calls import is_loopback, why_not_local
from serve_app.settings.values import MIN_KEY_LENGTH, parse_staff_keys

OPERATOR, LOCAL = "operator", "local"
"""The names of callers with the operator token, and of callers without a key from this machine."""
NO_KEY = (
    "No staff key is configured, and {}. Set STAFF_API_KEY to name:key "
    f"(a key has at least {MIN_KEY_LENGTH} characters), start again, and call with that key"
)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="nightdesk staff"'}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffKeys:
    """The staff keys as pairs of name and key. Without any, only calls from this machine itself are answered.

    That takes a server that is bound to loopback, a `public_base_url` ('' for none) that is this machine's, and a call
    that `why_not_local` finds nothing about. `operator_token` is the key of the `nightdesk` commands; it is generated,
    so it does not count as a configured key. With `people_sign_in` the staff sign in by their own provider of
    identities, and no call is answered without a key or a session.
    """

    pairs: tuple[tuple[str, str], ...]
    bound_to_loopback: bool
    public_base_url: str = ""
    operator_token: str | None = None
    people_sign_in: bool = False

    @classmethod
    def parse(
        cls,
        text: str | None,
        *,
        bound_to_loopback: bool,
        public_base_url: str = "",
        operator_token: str | None = None,
        people_sign_in: bool = False,
    ) -> StaffKeys:
        """Read the keys as STAFF_API_KEY has them. Raises ValueError for an empty or a short key."""
        return cls(
            pairs=parse_staff_keys(text or ""),
            bound_to_loopback=bound_to_loopback,
            public_base_url=public_base_url,
            operator_token=operator_token,
            people_sign_in=people_sign_in,
        )

    def holder(self, authorization: str | None) -> str | None:
        """Return the name of the key in the header (`key` or `name:key`); every key is compared, in constant time."""
        presented = bearer(authorization)
        found = None
        for name, key in self.pairs:
            if _same(presented, key) | _same(presented, f"{name}:{key}"):
                found = name
        return OPERATOR if self.is_operator(authorization) else found

    def is_operator(self, authorization: str | None) -> bool:
        """Return whether the header carries the operator token."""
        presented, token = bearer(authorization), self.operator_token
        return bool(token) and (_same(presented, str(token)) | _same(presented, f"{OPERATOR}:{token}"))

    def why_key_needed(self, request: Request) -> str:
        """Return why this call needs a key, '' when it is answered without one."""
        if self.pairs:
            return "staff keys are configured"
        if self.people_sign_in:
            return "the staff sign in by a provider of identities"
        if not self.bound_to_loopback:
            return "the server listens beyond this machine"
        if self.public_base_url and not is_loopback(urlsplit(self.public_base_url).hostname or ""):
            return "PUBLIC_BASE_URL names another host than this machine"
        return why_not_local(request)

    def without_key(self, request: Request) -> str:
        """Return `local` for a call that needs no key. Raises ApiError: 401 it needs one, 403 none is configured."""
        reason = self.why_key_needed(request)
        if not reason:
            return LOCAL
        if self.pairs or self.people_sign_in:
            raise ApiError(401, "This call needs a staff key: Authorization: Bearer <key>", headers=_CHALLENGE)
        raise ApiError(403, NO_KEY.format(reason))

    def require(self, request: Request) -> str:
        """Return the name of the caller. Raises ApiError as `without_key` does."""
        return self.holder(request.headers.get("authorization")) or self.without_key(request)


def bearer(authorization: str | None) -> str:
    """Return the key that an Authorization header presents, '' for none."""
    scheme, _, presented = (authorization or "").partition(" ")
    return presented.strip() if scheme.lower() == "bearer" else ""


def _same(presented: str, expected: str) -> bool:
    return hmac.compare_digest(presented.encode("utf-8", "replace"), expected.encode())
