"""Issue 13: what keeps programs away from the form, off unless set: a field that people do not see, a proof of work."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from altcha import Challenge, Payload, solve_challenge

from deployments.reporting.retention import Periods, Retention
from serve_app.api.public.proof import Proofs
from serve_app.settings.form import FormArgs
from serve_app.settings.values import RateLimit
from tests.fixtures.waiting import await_room
from tests.integration.api.serving import FORM, SECRET, STAFF_KEY, Served, arguments, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

COST = 2


def solved(challenge: dict[str, Any]) -> str:
    """Solve a challenge by altcha's own solver."""
    known = Challenge.from_dict(challenge)
    solution = solve_challenge(known)
    assert solution is not None
    return Payload(known, solution).to_base64()


async def send(api: Served, proof: str | None = None, key: str | None = None, **headers: str) -> httpx.Response:
    """Send a form with this proof."""
    sent = {**headers, **({"X-Altcha": proof} if proof else {}), **({"Idempotency-Key": key} if key else {})}
    return await api.client.post("/api/v1/support/form", json=FORM, headers=sent)


async def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


async def test_a_form_needs_a_proof_that_counts_for_this_form_alone(serve: Any) -> None:
    async with serve(form=FormArgs(proof=COST)) as api:
        assert await refusal(await send(api)) == (400, "PROOF_REQUIRED")
        challenge = (await api.client.get("/api/v1/support/challenge")).json()
        proof = solved(challenge)
        for wrong in ("x", "e30=", base64.b64encode(b'{"challenge": 1, "solution": 2}').decode(), proof[:-8]):
            assert await refusal(await send(api, wrong)) == (400, "PROOF_WRONG")
        cheaper = {**challenge, "parameters": {**challenge["parameters"], "keyPrefix": "00"}}
        assert await refusal(await send(api, solved(cheaper))) == (400, "PROOF_WRONG")
        old = Proofs(SECRET, COST).challenge(datetime.now(UTC) - timedelta(hours=1)).model_dump()
        assert await refusal(await send(api, solved(old))) == (400, "PROOF_WRONG")

        first = await send(api, proof, key="one")
        assert first.status_code == 201, first.text
        assert (await send(api, proof, key="one")).json() == first.json()  # the same form, sent again
        assert await refusal(await send(api, proof, key="two")) == (400, "PROOF_USED")
        assert await refusal(await send(api, proof)) == (400, "PROOF_USED")
        assert await api.pool.fetchval("SELECT count(*) FROM tickets") == 1

        assert (await send(api, Authorization=f"Bearer {STAFF_KEY}")).status_code == 201  # no proof asked of the staff
        later = datetime.now(UTC) + timedelta(hours=3)
        await Retention(pool=api.pool, periods=Periods(), clock=lambda: later).short_lived()
        assert await api.pool.fetchval("SELECT count(*) FROM used_proofs") == 0


async def test_a_field_that_people_do_not_see_is_looked_at_where_that_is_set(api: Served, serve: Any) -> None:
    filled = FORM | {"homepage": "https://spam.example"}
    assert (await api.client.post("/api/v1/support/form", json=filled)).status_code == 201
    assert (await api.client.get("/api/v1/support/challenge")).json()["error"] == "PROOF_OFF"
    async with serve(form=FormArgs(trap=True)) as guarded:
        refused = await guarded.client.post("/api/v1/support/form", json=filled)
        assert (refused.status_code, refused.json()["error"]) == (400, "TRAP")
        assert (await guarded.client.post("/api/v1/support/form", json=FORM | {"homepage": ""})).status_code == 201


async def test_challenges_are_counted_by_address(database_url: str) -> None:
    await_room(86_400, room_s=60)
    limit = RateLimit(hits=2, seconds=86_400)
    async with running(arguments(database_url, form=FormArgs(proof=COST)), lookup_rate=limit) as api:
        answers = [await api.client.get("/api/v1/support/challenge") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[-1].headers["Retry-After"]) > 0
