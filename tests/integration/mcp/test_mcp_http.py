"""X4 over streamable HTTP: who may call, and the course of a ticket that a client holds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from db.ids import new_id
from db.pool import acquire
from deployments.turns.client_turns import IDLE_S
from ingest.events import InboundMessage
from serve_app.api.base.staff_access import FailedKeys
from serve_app.mcp_server.session import McpSession
from serve_app.settings.values import RateLimit
from tests.fixtures.mcp_clients import ANN, BOB, Clock, McpClient, bob_at, open_desk, over_http, rows, served
from tests.fixtures.production import OPERATOR, Production
from tests.fixtures.waiting import await_room

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION = "How do I reset my password? I cannot find the page."
INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(loop_scope="module")
async def desk(production: Production, clock: Clock) -> AsyncIterator[McpSession]:
    async with open_desk(production, clock) as desk:
        yield desk


def someone() -> str:
    """An address that no other test has."""
    return f"{new_id().hex}@example.com"


async def _opened(client: McpClient, message: str = QUESTION, **fields: Any) -> str:
    answer = await client.call("create_ticket", issue="Reset", message=message, **{"customer": someone()} | fields)
    assert answer.ok, answer.text
    number: str = json.loads(answer.text.partition("\n")[0])["ticket"]
    return number


async def _searched(client: McpClient, number: str) -> str:
    """Go as far as a search and return the best passage's text."""
    await client.call("get_customer_history", ticket=number)
    found = await client.call("search_knowledge_base", ticket=number, query="How do I reset my password?")
    text: str = json.loads(found.text)["passages"][0]["text"]
    return text


async def _agent_replies(production: Production, number: str) -> list[dict[str, Any]]:
    return await rows(
        production.pool,
        "SELECT o.body, t.status, t.escalation_reason, d.model, d.outcome FROM tickets t "
        "JOIN outbox o ON o.ticket_id = t.id AND o.author = 'agent' "
        "JOIN decision_records d ON d.inbox_id = o.inbound_id WHERE t.number = $1",
        number,
    )


async def test_x4_only_staff_keys_from_this_machine_are_accepted(desk: McpSession) -> None:
    accept = {"Accept": "application/json, text/event-stream"}
    async with (
        served(desk, allow_writes=True) as url,
        httpx.AsyncClient(timeout=60, trust_env=False, headers=accept) as http,
    ):

        async def status(**headers: str) -> int:
            return (await http.post(f"{url}/mcp", json=INITIALIZE, headers=headers)).status_code

        for operator in (ANN, f"bob:{BOB}", OPERATOR):
            async with over_http(url, operator) as client:
                assert len((await client.client.list_tools()).tools) == 5
        assert await status() == 401
        assert await status(Authorization="Bearer wrong") == 401
        assert await status(Authorization=f"Bearer {ANN}", Host="evil.example") == 421
        assert await status(Authorization=f"Bearer {ANN}", Origin="https://evil.example") == 403


async def test_h12_wrong_keys_at_the_mcp_server_are_429_after_ten(desk: McpSession, production: Production) -> None:
    await_room(3600, room_s=120)
    failed = FailedKeys(production.pool, RateLimit(hits=10, seconds=3600))
    async with (
        served(desk, allow_writes=False, failed=failed) as url,
        httpx.AsyncClient(timeout=60, trust_env=False) as http,
    ):

        async def status(key: str) -> int:
            headers = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {key}"}
            return (await http.post(f"{url}/mcp", json=INITIALIZE, headers=headers)).status_code

        async with over_http(url, ANN) as client:
            assert len((await client.client.list_tools()).tools) == 5
        assert [await status(f"guess-{n}") for n in range(11)] == [401] * 10 + [429]
        assert await status(ANN) not in (401, 429)
        assert await status(OPERATOR) not in (401, 429)


async def test_x4_a_reading_server_writes_nothing_over_http(desk: McpSession, production: Production) -> None:
    number, _ = await production.file(QUESTION, email=someone())
    before = await rows(production.pool, "SELECT * FROM customer_leases ORDER BY customer_id")
    async with served(desk, allow_writes=False) as url, over_http(url) as client:
        early = await client.call("search_knowledge_base", ticket=number, query="reset password")
        await _searched(client, number)
        await _searched(client, number)  # a look begins anew with the history
        refused = await client.call("send_response", ticket=number, text="Hello")

    assert not early.ok
    assert "call get_customer_history next" in early.text
    assert "nightdesk mcp --allow-writes" in refused.text
    assert await rows(production.pool, "SELECT * FROM customer_leases ORDER BY customer_id") == before


async def test_x4_a_ticket_held_by_a_client_is_not_answered_by_the_agent(
    desk: McpSession, production: Production
) -> None:
    async with bob_at(desk) as client:
        number, record = await production.file(QUESTION, email=someone())
        first = await client.call("escalate_to_human", ticket=number, reason="human_request")
        taken = await client.call("create_ticket", issue="Reset", ticket=number)
        meanwhile = await production.pipeline.handle(record)
        again = await client.call("create_ticket", issue="Reset", ticket=number, priority="high")
        done = await client.call(
            "escalate_to_human", ticket=number, reason="human_request", summary="Asked on the phone"
        )

    assert "call create_ticket with this ticket first" in first.text
    assert (taken.ok, meanwhile, again.ok) == (True, "idle", True)
    assert json.loads(again.text)["priority"] == "high"
    assert f"{number}: handed over (human_request), the customer is told so" in done.text
    [reply] = await _agent_replies(production, number)
    assert (reply["status"], reply["model"], reply["escalation_reason"]) == ("escalated", "mcp:bob", "human_request")
    assert await production.pipeline.handle(record) == "idle"


async def test_x4_a_rule_decides_before_the_client(desk: McpSession, production: Production) -> None:
    async with bob_at(desk) as client:
        number = await _opened(client, "I want a refund for last month, please.")
        late = await client.call("send_response", ticket=number, text="You get your money back.")

    assert not late.ok
    [reply] = await _agent_replies(production, number)
    assert (reply["outcome"], reply["escalation_reason"], reply["model"]) == ("escalated", "refund", "none")


async def test_x4_the_outgoing_guard_checks_a_clients_text(desk: McpSession, production: Production) -> None:
    async with bob_at(desk) as client:
        number = await _opened(client)
        [filed] = await rows(
            production.pool,
            "SELECT i.payload FROM inbox i JOIN tickets t ON t.id = i.ticket_id WHERE t.number = $1",
            number,
        )
        meanwhile = await production.pipeline.handle(InboundMessage.model_validate(filed["payload"]))
        await _searched(client, number)
        drafts = [
            await client.call("send_response", ticket=number, text="We will refund you $50 today.") for _ in range(2)
        ]

    assert meanwhile == "idle"
    assert not any(draft.ok for draft in drafts)
    assert "handed over (unsafe_reply)" in drafts[1].text
    [reply] = await _agent_replies(production, number)
    assert "$50" not in reply["body"]


async def test_x4_after_a_client_disconnects_the_agent_answers(production: Production) -> None:
    async with open_desk(production) as desk, served(desk, allow_writes=True) as url, over_http(url) as client:
        number, record = await production.file(QUESTION, email=someone())
        await client.call("create_ticket", issue="Reset", ticket=number)
        assert await production.pipeline.handle(record) == "idle"

    assert await production.pipeline.handle(record) == "answered"
    [reply] = await _agent_replies(production, number)
    assert reply["model"] == "grounded"


async def test_x4_an_idle_turn_is_released(desk: McpSession, clock: Clock, production: Production) -> None:
    async with bob_at(desk) as client:
        number, record = await production.file(QUESTION, email=someone())
        await client.call("create_ticket", issue="Reset", ticket=number)
        clock.seconds += IDLE_S + 1
        await desk.renew()
        late = await client.call("escalate_to_human", ticket=number, reason="refund")

    assert not late.ok
    assert await production.pipeline.handle(record) == "answered"


async def test_x4_a_take_over_silences_the_client(desk: McpSession, production: Production) -> None:
    async with bob_at(desk) as client:
        number = await _opened(client)
        text = await _searched(client, number)
        async with acquire(production.pool) as connection:
            await connection.execute(
                "UPDATE conversations SET owner = 'staff', status = 'handed_over', owner_token = owner_token + 1 "
                "WHERE id = (SELECT conversation_id FROM tickets WHERE number = $1)",
                number,
            )
        sent = await client.call("send_response", ticket=number, text=text)
        again = await client.call("create_ticket", issue="Reset", ticket=number)

    assert not sent.ok
    assert "Nothing was sent" in sent.text
    assert not again.ok
    assert await _agent_replies(production, number) == []


async def test_x4_errors_say_what_is_wrong(desk: McpSession, production: Production) -> None:
    async with bob_at(desk) as client:
        number = await production.ask(QUESTION, email=someone())
        busy = someone()
        await _opened(client, customer=busy)
        answers = {
            "answered": await client.call("create_ticket", issue="x", ticket=number),
            "unknown": await client.call("get_customer_history", ticket="TKT-99999"),
            "both": await client.call(
                "create_ticket", issue="x", ticket=number, customer="a@example.com", message="Hi"
            ),
            "neither": await client.call("create_ticket", issue="x"),
            "address": await client.call("create_ticket", issue="x", customer="nobody", message="Hello"),
            "number": await client.call("create_ticket", issue="x", channel="whatsapp", customer="12", message="Hello"),
            "busy": await client.call("create_ticket", issue="x", customer=busy, message="One more thing"),
            "tool": await client.call("drop_tables"),
            "extra": await client.call("search_knowledge_base", query="x", surprise=1),
        }

    assert not any(answer.ok for answer in answers.values())
    expected = {
        "answered": f"no message of {number} waits",
        "unknown": "there is no ticket TKT-99999",
        "both": "leave customer and message out",
        "neither": "customer and message of a new one",
        "address": "Refused: customer",
        "number": "Refused: customer",
        "busy": "is being answered at this moment",
        "tool": "there is no tool 'drop_tables'",
        "extra": "surprise",
    }
    assert {name: answer.text for name, answer in answers.items() if expected[name] not in answer.text} == {}
    assert len(await rows(production.pool, "SELECT FROM customers WHERE email = $1", busy)) == 1
