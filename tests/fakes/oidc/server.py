"""A provider of identities (OpenID Connect) by Authlib's server, with ordered faults and a journal.

    python -m tests.fakes.oidc.server PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI

`POST /orders` changes what the next tokens are: `claims` (a null removes one), `alg` (`none`, `HS256`), `key`
(`strange`: by a key that nobody knows; `new`: the published key is another one from now on). `GET /journal` tells what
was accepted. Anybody signs in by their address: the page asks for no password.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

PAGE = """<!doctype html><html lang="en"><title>Provider</title><main><h1>Who are you?</h1><form method="post">
<label>Address <input name="address" autofocus></label> <button>Sign in</button>
<button name="deny" value="yes">No</button></form></main></html>"""


@dataclass(slots=True)
class Client(ClientMixin):  # type: ignore[misc]
    """The one registered client."""

    client_id: str
    secret: str
    redirect_uri: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == ("client_secret_basic" if self.secret else "none")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass(slots=True, kw_only=True)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    """A code that was given out, with what it was asked with."""

    code: str
    address: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass(slots=True)
class Provider:
    """Its state: one client, its key, the codes that are out, the orders, and what it has accepted."""

    issuer: str
    client: Client
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    codes: dict[str, Code] = field(default_factory=dict)
    orders: dict[str, Any] = field(default_factory=dict)
    journal: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, what: str, **fields: Any) -> None:
        """Write into the journal."""
        self.journal.append({"what": what, **fields})

    def token(self, claims: dict[str, Any]) -> str:
        """Sign the claims as ordered."""
        claims = {name: value for name, value in (claims | self.orders.get("claims", {})).items() if value is not None}
        algorithm = self.orders.get("alg", "RS256")
        if algorithm == "none":
            return jwt.encode({"alg": "none"}, claims, OctKey.import_key("x" * 32), ["none"])
        if algorithm == "HS256":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.client.secret), ["HS256"])
        strange = self.orders.get("key") == "strange"
        key = RSAKey.generate_key(2048, {"kid": str(self.key.kid)}) if strange else self.key
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, key, ["RS256"])


def build(provider: Provider) -> Flask:
    """Return the application."""
    app = Flask(__name__)
    server = AuthorizationServer(app, _client_of(provider), lambda *_: None)
    server.register_grant(_grant(provider), [_open_id(provider), CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def metadata() -> Response:
        return jsonify(
            issuer=provider.issuer,
            authorization_endpoint=f"{provider.issuer}/authorize",
            token_endpoint=f"{provider.issuer}/token",
            jwks_uri=f"{provider.issuer}/keys",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
        )

    @app.get("/keys")
    def keys() -> Response:
        provider.tell("keys")
        return jsonify(keys=[provider.key.as_dict(private=False)])

    @app.get("/authorize")
    def ask() -> str:
        provider.tell("asked", **{name: request.args.get(name) for name in ("state", "nonce", "code_challenge_method")})
        return PAGE

    @app.post("/authorize")
    def authorize() -> Any:
        address = None if request.form.get("deny") else SimpleNamespace(address=request.form["address"])
        return server.create_authorization_response(grant_user=address)

    @app.post("/token")
    def token() -> Any:
        answer = server.create_token_response()
        provider.tell("token", status=answer.status_code, verifier=bool(request.form.get("code_verifier")))
        return answer

    @app.post("/orders")
    def orders() -> Response:
        provider.orders = request.get_json()
        if provider.orders.get("key") == "new":
            provider.key = RSAKey.generate_key(2048, {"kid": f"after-{provider.key.kid}"})
        return jsonify({})

    @app.get("/journal")
    def journal() -> Response:
        return jsonify(provider.journal)

    return app


def _client_of(provider: Provider) -> Any:
    return lambda client_id: provider.client if client_id == provider.client.client_id else None


def _grant(provider: Provider) -> type:
    class Grant(AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "none")

        def save_authorization_code(self, code: str, request: Any) -> None:
            given = request.payload.data
            provider.codes[code] = Code(
                code=code,
                address=request.user.address,
                redirect_uri=request.payload.redirect_uri,
                scope=request.payload.scope,
                nonce=given["nonce"],
                code_challenge=given["code_challenge"],
                code_challenge_method=given["code_challenge_method"],
            )

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> Any:
            return SimpleNamespace(address=authorization_code.address)

    return Grant


def _open_id(provider: Provider) -> OpenIDCode:
    class Tokens(OpenIDCode):  # type: ignore[misc]
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return False

        def get_client_claims(self, client: Client) -> dict[str, Any]:
            return {"iss": provider.issuer, "aud": [client.client_id]}

        def generate_user_info(self, user: Any, scope: str) -> UserInfo:
            return UserInfo(sub=f"sub-of-{user.address}", email=user.address, email_verified=True)

        def encode_id_token(self, token: Any, request: Any) -> str:
            claims = self.get_compatible_claims(request)
            claims |= self.get_authorization_code_claims(request.authorization_code)
            return provider.token(claims | self.generate_user_info(request.user, token["scope"]))

    return Tokens(require_nonce=True)


def main() -> None:
    """Serve on loopback until the process is stopped."""
    port, client_id, secret, redirect_uri = sys.argv[1:]
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # on loopback
    provider = Provider(f"http://127.0.0.1:{port}", Client(client_id, secret, redirect_uri))
    build(provider).run(host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    main()
