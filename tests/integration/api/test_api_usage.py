"""What a conversation cost: requests, tokens, money where a price is set."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from db.ids import new_id
from serve_app.settings.model import ModelArgs, ModelPrice
from tests.integration.api.serving import STAFF_KEY, Served

STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}
PRICES = ModelArgs(prices={"gpt-4o": ModelPrice(input=2.5, output=10)})


async def decided(api: Served, model: str) -> UUID:
    """A conversation with one turn that a remote model decided."""
    number = (await api.submit())["ticket_id"]
    row = await api.pool.fetchrow(
        "SELECT i.* FROM inbox i JOIN tickets t ON t.id = i.ticket_id WHERE t.number = $1",
        number,
    )
    used = {"requests": 2, "input_tokens": 1_800, "output_tokens": 120}
    await api.pool.execute(
        "INSERT INTO decision_records (id, inbox_id, conversation_id, ticket_id, outcome, rule, model, usage) "
        "VALUES ($1, $2, $3, $4, 'answered', 'model', $5, $6)",
        new_id(), row["id"], row["conversation_id"], row["ticket_id"], model, used,
    )  # fmt: skip
    found: UUID = row["conversation_id"]
    return found


@pytest.mark.parametrize(("model", "cost"), [("gpt-4o", 0.0057), ("home-made", None)])
async def test_a_conversation_shows_the_requests_tokens_and_cost_of_its_models(
    serve: Any, model: str, cost: float | None
) -> None:
    async with serve(model=PRICES) as api:
        conversation_id = await decided(api, model)
        shown = (await api.client.get(f"/conversations/{conversation_id}/usage", headers=STAFF)).json()
        assert shown == {
            "usage": [
                {
                    "model": model, "turns": 1, "requests": 2, "input_tokens": 1_800, "output_tokens": 120,
                    "cost": None if cost is None else pytest.approx(cost),
                }
            ]
        }  # fmt: skip


async def test_usage_needs_a_staff_key_and_an_existing_conversation(serve: Any) -> None:
    async with serve() as api:
        assert (await api.client.get(f"/conversations/{uuid4()}/usage", headers=STAFF)).status_code == 404
        assert (await api.client.get(f"/conversations/{uuid4()}/usage")).status_code == 401
