"""Google's signing keys: certificates, and the OIDC tokens that Pub/Sub sends."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

ISSUER = "https://accounts.google.com"
_LIFETIME_SECONDS = 3600


class SigningKey:
    """One RSA key under a self-signed certificate; its id is the certificate's fingerprint."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate = _self_signed(self.private)
        self.id = sha1(self.certificate.public_bytes(serialization.Encoding.DER)).hexdigest()

    def pem(self) -> str:
        """Return the certificate as in `/oauth2/v1/certs`."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def jwk(self) -> dict[str, Any]:
        """Return the public key as in `/oauth2/v3/certs`."""
        key: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**{name: key[name] for name in ("kty", "n", "e")}, "alg": "RS256", "use": "sig", "kid": self.id}


class SigningKeys:
    """The keys in use: two are served, the newest signs."""

    def __init__(self) -> None:
        self._keys = [SigningKey()]

    def rotate(self) -> str:
        """Sign with a new key from now on, keep serving the one before; returns the new key's id."""
        self._keys = [self._keys[-1], SigningKey()]
        return self._keys[-1].id

    def pem_map(self) -> dict[str, str]:
        """Return the PEM certificates by key id."""
        return {key.id: key.pem() for key in self._keys}

    def jwks(self) -> dict[str, Any]:
        """Return the same keys as a JWK set."""
        return {"keys": [key.jwk() for key in self._keys]}

    def token(self, claims: dict[str, Any], *, by_stranger: bool = False, headers: dict[str, Any] | None = None) -> str:
        """Return an OIDC token of Google's issuer, valid for an hour; `claims` override, None omits a claim.

        `by_stranger` signs with a foreign key under Google's key id.
        """
        signer = SigningKey() if by_stranger else self._keys[-1]
        now = int(time.time())
        merged = {"iss": ISSUER, "iat": now, "exp": now + _LIFETIME_SECONDS, **claims}
        kept = {name: value for name, value in merged.items() if value is not None}
        named = {"kid": self._keys[-1].id, **(headers or {})}
        return jwt.encode(kept, signer.private, algorithm="RS256", headers=named)


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
