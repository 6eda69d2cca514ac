"""Signing in to the desk by the company's own provider of identities (OpenID Connect)."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, StringConstraints

SCOPES: Final = "openid email profile"
GROUPS_CLAIM: Final = "groups"
_ALLOWED = re.compile(r"^[^@\s<>]*@[^@\s<>]+\.[^@\s<>]+$")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _secure(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ValueError("expected an address with https: over http anybody on the way could sign in")
    return url


def _with_openid(scopes: str) -> str:
    if "openid" not in scopes.split():
        raise ValueError("expected scopes with openid among them")
    return scopes


def _readable(allowed: tuple[str, ...]) -> tuple[str, ...]:
    for one in allowed:
        if not _ALLOWED.match(one):
            raise ValueError(f"{one!r} is neither an address (ann@example.com) nor a domain (@example.com)")
    return tuple(one.lower() for one in allowed)


# As the provider spells it, a slash at the end included: its tokens carry it letter by letter.
Issuer = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^https?://[^/\s?#]+[^\s?#]*$"), AfterValidator(_secure)
]
Scopes = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_with_openid)]
Allowed = Annotated[tuple[str, ...], AfterValidator(_readable)]


class LoginArgs(BaseModel):
    """The provider, this product's registration there, and who of its people may work at the desk.

    `allowed`: addresses, and domains as `@example.com`, which the provider has to have verified; `groups`: any of them
    in the claim `groups_claim`. One of either is enough, and neither is nobody. `client_secret` None: a public client.
    """

    model_config = ConfigDict(frozen=True)

    issuer: str
    client_id: str
    client_secret: SecretStr | None = None
    scopes: str = SCOPES
    allowed: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    groups_claim: str = GROUPS_CLAIM
