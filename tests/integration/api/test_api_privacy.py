"""D7: a customer's data is exported and erased by staff calls, and by nobody else."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from serve_app.api.staff.privacy import CustomerData
from tests.integration.api.serving import STAFF_KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}
CALLS = [("GET", "export"), ("POST", "erase")]


async def customer(api: Served) -> UUID:
    """A customer with one ticket."""
    await api.submit()
    found: UUID = await api.pool.fetchval("SELECT id FROM customers")
    return found


async def test_d7_export_then_erase(api: Served) -> None:
    who = await customer(api)
    exported = await api.client.get(f"/api/v1/customers/{who}/export", headers=STAFF)
    assert exported.status_code == 200
    assert exported.headers["Cache-Control"] == "no-store"
    assert [row["email"] for row in exported.json()["customers"]] == ["ada@example.com"]
    assert set(exported.json()) == set(CustomerData.model_fields)
    erased = (await api.client.post(f"/customers/{who}/erase", headers=STAFF)).json()
    assert (erased["customers"], erased["tickets"], erased["messages"]) == (1, 1, 1)
    assert "24 hours" in erased["elsewhere"]
    assert (await api.client.get(f"/customers/{who}/export", headers=STAFF)).status_code == 404
    assert await api.pool.fetchval("SELECT count(*) FROM messages") == 0


@pytest.mark.parametrize(("method", "what"), CALLS)
async def test_d7_export_and_erasure_need_a_staff_key(api: Served, method: str, what: str) -> None:
    who = await customer(api)
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert (await api.client.request(method, f"/customers/{who}/{what}", headers=headers)).status_code == 401
    assert await api.pool.fetchval("SELECT count(*) FROM customers") == 1


@pytest.mark.parametrize(("method", "what"), CALLS)
async def test_d7_an_unknown_customer_is_404_and_no_id_is_400(api: Served, method: str, what: str) -> None:
    unknown = await api.client.request(method, f"/customers/{uuid4()}/{what}", headers=STAFF)
    malformed = await api.client.request(method, f"/customers/ada@example.com/{what}", headers=STAFF)
    assert (unknown.status_code, malformed.status_code) == (404, 400)
