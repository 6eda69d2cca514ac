"""The customers' calls that docs/api.md shows answer what it says (X3). The staff's: tests/integration/staff."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fixtures.documented import Example, differences, examples
from tests.fixtures.product import Product

pytestmark = [pytest.mark.product, pytest.mark.timeout(600)]

SHOWN = examples()


async def _answered(client: httpx.AsyncClient, shown: Example, **values: str) -> Any:
    response = await shown.call(client, **values)
    assert response.status_code == shown.status, (shown.title, response.text)
    assert list(differences(shown.answer, response.json())) == [], shown.title
    return response.json()


async def test_x3_the_documented_calls_work_from_form_to_answer(product: Product) -> None:
    async with httpx.AsyncClient(base_url=product.url, timeout=120, trust_env=False) as client:
        form = SHOWN["Send a form"].with_header("Idempotency-Key", uuid4().hex)
        ticket = await _answered(client, form)
        opened = {"TICKET": ticket["ticket_id"], "TOKEN": ticket["status_token"]}
        deadline = time.monotonic() + 240
        while not (seen := await _answered(client, SHOWN["Read the answer"], **opened))["responses"]:
            assert time.monotonic() < deadline, seen
            await asyncio.sleep(0.2)
        assert "Forgot password" in seen["responses"][0]["text"]
        assert seen["status"] == "waiting"
        await _answered(client, SHOWN["Write into the ticket"], **opened)
        await _answered(client, SHOWN["A call that is refused"])
        assert (await SHOWN["List what waits for a person"].call(client)).status_code == 200
