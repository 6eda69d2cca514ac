"""I4, H11: the staff calls and commands for suggested merges."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from serve_app.cli.main import app
from serve_app.embedded.base.errors import UserError
from tests.fixtures.people import ANN, EVE, Store, accept, customer_of, mail, whatsapp
from tests.integration.api.serving import STAFF_KEY, Served, arguments, running

OPERATORS = "operators-of-this-test"
KEY = {"Authorization": f"Bearer {STAFF_KEY}"}


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Served]:
    async with running(arguments(database_url, operator_token=SecretStr(OPERATORS))) as served:
        yield served


async def doubts(store: Store) -> None:
    """Ann's form names Eve's number; a third customer's form names the same one."""
    await accept(store, mail(display_name="Ann-Lee Müller"))
    await accept(store, whatsapp(display_name="Muller, Ann Lee"))
    await store.form("My number is this", phone=EVE)
    await store.form("Mine, too", email="bob@example.com", phone=EVE)


async def test_i4_staff_decide_suggested_merges(store: Store, api: Served) -> None:
    await doubts(store)

    async def queue() -> list[dict[str, Any]]:
        answer = await api.client.get("/api/v1/merges", headers=KEY)
        assert answer.status_code == 200
        found: list[dict[str, Any]] = answer.json()["conflicts"]
        return found

    found = await queue()
    assert sorted(conflict["kind"] for conflict in found) == ["claimed_by_several", *["claims_verified"] * 2]
    assert await queue() == found
    assert await store.value("SELECT count(*) FROM customers WHERE merged_into IS NOT NULL") == 0
    ann, eve, bob = [
        await customer_of(store, key) for key in (f"email:{ANN}", f"whatsapp:{EVE}", "email:bob@example.com")
    ]
    by_pair = {frozenset((c["older"]["customer_id"], c["newer"]["customer_id"])): c for c in found}
    sure = by_pair[frozenset((str(ann), str(eve)))]
    assert sure["name_likeness"] is not None
    assert sure["name_likeness"] > 80

    path = f"/api/v1/merges/{by_pair[frozenset((str(eve), str(bob)))]['id']}"
    assert (await api.client.post(f"{path}/reject", headers=KEY)).json()["state"] == "rejected"
    assert (await api.client.post(f"{path}/reject", headers=KEY)).status_code == 404
    approved = await api.client.post(f"/merges/{sure['id']}/approve", headers=KEY)
    made = approved.json()
    assert (made["winner_id"], made["loser_id"], made["tier"], made["actor"]) == (str(ann), str(eve), 3, "staff:ann")
    assert [c["kind"] for c in await queue()] == ["claimed_by_several"]

    again = {"winner": str(ann), "loser": str(eve), "evidence": "once more"}
    assert (await api.client.post("/merges", json=again, headers=KEY)).json()["error"] == "ALREADY_ONE"
    later = {"winner": str(ann), "loser": str(bob), "evidence": "he showed his passport"}
    second = await api.client.post("/merges", json=later, headers=KEY)
    assert second.status_code == 201
    blocked = await api.client.post(f"/merges/{made['id']}/undo", headers=KEY)
    assert (blocked.status_code, blocked.json()["error"]) == (409, "LATER_MERGE")
    for merge_id in (second.json()["id"], made["id"]):
        undone = await api.client.post(f"/merges/{merge_id}/undo", headers=KEY)
        assert (undone.status_code, undone.json()["undone_by"]) == (200, "staff:ann")
    assert (await api.client.post(f"/merges/{made['id']}/undo", headers=KEY)).status_code == 404
    ledger = await api.client.get(f"/customers/{ann}/evidence", headers=KEY)
    kinds = [line["kind"] for line in ledger.json()["evidence"]]
    assert kinds[:3] == ["verified", "claimed", "claimed"]
    assert kinds[-2:] == ["unmerged", "unmerged"]


async def test_h11_merges_need_a_staff_key(store: Store, api: Served) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    body = {"winner": nobody, "loser": nobody, "evidence": "none"}
    for call in ("/merges", "/customers/{}/evidence"):
        assert (await api.client.get(call.format(nobody))).status_code == 401
    for call in ("", "/{}/approve", "/{}/reject", "/{}/undo"):
        assert (await api.client.post("/merges" + call.format(nobody), json=body)).status_code == 401
        assert (await api.client.post("/merges" + call.format(nobody), json=body, headers=KEY)).status_code == 404
    refused = await api.client.post("/merges", json=body | {"evidence": " "}, headers=KEY)
    assert refused.status_code == 400


async def test_i4_the_commands_merge_and_unmerge(store: Store, api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR_TOKEN", OPERATORS)
    await doubts(store)

    async def run(*arguments: str) -> tuple[str, Exception | None]:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["customers", *arguments, "--url", api.url])
        return result.output, result.exception  # type: ignore[return-value]

    listed, _ = await run("conflicts")
    assert listed.endswith("3 open questions\n")
    ann, eve = await customer_of(store, f"email:{ANN}"), await customer_of(store, f"whatsapp:{EVE}")
    output, failure = await run("merge", str(ann), str(eve), "--evidence", "she called")
    assert failure is None, output
    merge_id = output.split()[-1]
    undone, _ = await run("unmerge", merge_id)
    assert undone == f"{eve} and {ann} are two customers again\n"
    _, failure = await run("unmerge", merge_id)
    assert isinstance(failure, UserError)
    assert "undone before" in str(failure)
    question = (await run("conflicts"))[0].split()[0]
    assert (await run("reject", question))[0] == "they are two customers\n"
    _, failure = await run("approve", question)
    assert isinstance(failure, UserError)
