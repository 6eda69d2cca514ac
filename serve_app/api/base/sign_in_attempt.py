"""One try to sign in by the company's provider, and how it can fail: without the provider's client, slow to import."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass


class ProviderAwayError(Exception):
    """The provider did not answer, or not as one does; the person tries again later."""


class NotProvedError(Exception):
    """The provider's answer does not prove who signs in; nobody is let in. The message says why, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to sign in, which the browser keeps: `state` ties the answer to it, `nonce` the token, `verifier` the
    code (PKCE)."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Attempt:
        """Return one that nobody can guess."""
        return cls(state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48))

    def as_dict(self) -> dict[str, str]:
        """Return the fields by name."""
        return asdict(self)
