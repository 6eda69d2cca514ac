"""Which of the provider's people may work at the desk, and under which name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from serve_app.settings.login import LoginArgs

NAME_LENGTH = 200


def person(claims: Mapping[str, Any], login: LoginArgs) -> str | None:
    """Return the name of the person whom these claims prove, None when they may not work here.

    The name is the address where the provider has verified it, else the subject behind `oidc:`, which no key's name
    begins with: what people write about themselves, such as `preferred_username`, could be another's.
    """
    address = _verified_address(claims)
    if not (_is_allowed(address, login.allowed) or _in_group(claims, login)):
        return None
    return (address or f"oidc:{claims['sub']}")[:NAME_LENGTH]


def rule_of(login: LoginArgs) -> str:
    """Return a digest of who may sign in: sessions end when it changes, so that nobody stays whom it leaves out."""
    whole = repr((login.issuer, login.client_id, sorted(login.allowed), sorted(login.groups), login.groups_claim))
    return hashlib.sha256(whole.encode()).hexdigest()


def _verified_address(claims: Mapping[str, Any]) -> str:
    address = claims.get("email")
    return address.lower() if isinstance(address, str) and claims.get("email_verified") is True else ""


def _is_allowed(address: str, allowed: tuple[str, ...]) -> bool:
    return bool(address) and (address in allowed or "@" + address.rpartition("@")[2] in allowed)


def _in_group(claims: Mapping[str, Any], login: LoginArgs) -> bool:
    found = claims.get(login.groups_claim)
    groups = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return any(group in login.groups for group in groups)
