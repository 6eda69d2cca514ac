"""A proof of work for forms (altcha): the sender's computer works for a moment, so that a flood of forms costs.

The challenge is the one of altcha's second version: SHA-256, over and over, until the counter is found that the
product has drawn. It is signed, so nothing is stored until it was solved, and then only that it was used.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from altcha import create_challenge, verify_solution
from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from db.intake import proofs
from db.pool import Connection, acquire
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.limits import count_call
from serve_app.api.base.routes import add_route, errors, json_response

ALGORITHM = "SHA-256"
COUNTERS = 4_096
"""The counter is one of so many, so the work has an end: `cost` times so many hashes at most, half of it on average."""
VALID = timedelta(minutes=20)
MOST_CHARACTERS = 2_000
_NEEDED = "A proof of work is needed: solve GET /api/v1/support/challenge, and send the solution as X-Altcha"

Proof = Annotated[
    str | None,
    Header(
        alias="X-Altcha",
        max_length=MOST_CHARACTERS,
        description="Altcha's payload: the solved challenge, where the product asks for one (400, PROOF_REQUIRED)",
    ),
]


class Challenge(BaseModel):
    """A challenge of altcha's second version."""

    parameters: dict[str, Any] = Field(description="algorithm, cost, keyLength, keyPrefix, nonce, salt, expiresAt")
    signature: str


class Proofs:
    """Makes challenges and checks their solutions; with `cost` 0 none is asked for."""

    def __init__(self, secret_key: str, cost: int) -> None:
        self._secret = hmac.digest(secret_key.encode(), b"form-proof", "sha256")
        self._cost = cost

    @property
    def wanted(self) -> bool:
        """Whether a form needs a proof."""
        return self._cost > 0

    def challenge(self, now: datetime) -> Challenge:
        """Return a challenge that can be solved for twenty minutes."""
        made = create_challenge(
            ALGORITHM,
            self._cost,
            counter=secrets.randbelow(COUNTERS),
            expires_at=now + VALID,
            hmac_secret=self._secret,
        )
        return Challenge.model_validate(made.to_dict())

    async def check(self, database: Connection, payload: str | None, key: str) -> None:
        """Use the proof up for the form with this key. Raises ApiError 400 for none, a wrong, an old and a used one."""
        if payload is None:
            raise ApiError(400, _NEEDED, code="PROOF_REQUIRED")
        if not verify_solution(payload, self._secret).verified:
            raise ApiError(400, "The proof of work is wrong or too old", code="PROOF_WRONG")
        solved = json.loads(base64.b64decode(payload))["challenge"]
        expires = datetime.fromtimestamp(solved["parameters"]["expiresAt"], UTC)
        if not await proofs.claim(database, solved["signature"], key=key, expires=expires):
            raise ApiError(400, "The proof of work came with another form before", code="PROOF_USED")


class ProofCalls:
    """The handler of GET /support/challenge."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._proofs = Proofs(deps.secret_key, deps.form_proof)

    async def challenge(self, request: Request) -> Response:
        """Return a challenge to solve before a form is sent; 404 where none is needed. They are counted by address."""
        if not self._proofs.wanted:
            raise ApiError(404, "No proof of work is needed", code="PROOF_OFF")
        async with acquire(self._deps.pool) as database:
            await count_call(database, request, "challenge", self._deps.lookup_rate)
        return json_response(self._proofs.challenge(self._deps.clock()))


def proof_router(deps: ApiDeps) -> APIRouter:
    """Return the route of challenges."""
    router = APIRouter(tags=["customers"])
    add_route(
        router, "GET", "/support/challenge", None, ProofCalls(deps).challenge,
        summary="A proof of work to solve", response_model=Challenge, responses=errors(404, 429, 503),
    )  # fmt: skip
    return router
