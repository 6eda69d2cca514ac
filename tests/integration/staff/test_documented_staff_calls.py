"""The staff's calls that docs/api.md shows answer what it says, field by field (X3); tests/acceptance: the others."""

from __future__ import annotations

from typing import Any

import httpx

from tests.fixtures.documented import differences, examples
from tests.fixtures.office import ANN, Office
from tests.integration.api.serving import arguments, running
from tests.integration.staff.test_learning import AGAIN, ANSWER, QUESTION, School, analysis_node, encoder, school
from tests.integration.staff.test_staff_http import handed_over

__all__ = ["analysis_node", "encoder", "school"]

SHOWN = examples()


async def answered(client: httpx.AsyncClient, title: str, **values: str) -> Any:
    """Make a call of the page; returns its answer, which has the shape of the one shown."""
    response = await SHOWN[title].call(client, **values)
    assert response.status_code == SHOWN[title].status, (title, response.text)
    assert list(differences(SHOWN[title].answer, response.json())) == [], title
    return response.json()


async def test_x3_from_the_list_to_the_answer(office: Office, http: httpx.AsyncClient) -> None:
    await handed_over(office)
    [first] = (await answered(http, "List what waits for a person"))["conversations"]
    named = {"CONVERSATION": first["conversation_id"], "VERSION": first["version"]}
    await answered(http, "Take a conversation over", **named)
    late = await SHOWN["Take a conversation over"].call(http, **named)
    assert (late.status_code, late.json()["error"]) == (409, "CHANGED")
    await answered(http, "Look at a conversation", **named)
    await answered(http, "Answer the customer", **named)
    await answered(http, "Give it back to the agent", **named)
    refused = await SHOWN["Approve a draft"].call(http, **named)
    assert (refused.status_code, refused.json()["error"]) == (409, "NOT_NOW")


async def test_x3_a_draft_is_approved(office: Office, http: httpx.AsyncClient) -> None:
    await office.form("How do I export a board?", approval=True)
    [first] = (await http.get("/conversations?state=drafts")).json()["conversations"]
    await answered(http, "Approve a draft", CONVERSATION=first["conversation_id"])


async def test_x3_the_digest_and_a_customer_s_data(office: Office, http: httpx.AsyncClient) -> None:
    await office.pipeline().handle(await office.store.form("HANDOVER please", email="ada@example.com"))
    await answered(http, "The digest of a day")
    found = await answered(http, "Find a customer")
    await answered(http, "Export a customer's data", CUSTOMER=found["customer_id"])
    await answered(http, "Erase a customer", CUSTOMER=found["customer_id"])
    again = await SHOWN["Erase a customer"].call(http, CUSTOMER=found["customer_id"])
    assert again.status_code == 404


async def test_x3_what_was_learned(school: School, database_url: str) -> None:
    await school.resolved(QUESTION, ANSWER)
    await school.resolved(AGAIN, ANSWER, email="carl@example.com")
    await school.find()
    async with running(arguments(database_url, learn_from_customers=True), drafting=school.nodes) as api:
        api.client.headers.update(ANN)
        [entry] = (await answered(api.client, "List learned entries"))["entries"]
        await answered(api.client, "Approve a learned entry", ENTRY=entry["entry_id"])
