"""X4 over stdio: `nightdesk mcp` and the official client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployments.agent import tools
from serve_app.mcp_server.inputs import INPUTS, WRITING
from tests.fixtures.mcp_clients import over_stdio, rows
from tests.fixtures.production import Production

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION = "How do I reset my password? I cannot find the page."


async def test_x4_a_reading_server_lists_all_tools_reads_and_refuses_to_write(
    product_dir: Path, production: Production
) -> None:
    number = await production.ask(QUESTION)
    async with over_stdio(product_dir) as client:
        listed = (await client.client.list_tools()).tools
        history = await client.call("get_customer_history", ticket=number)
        bound = await client.call("search_knowledge_base", ticket=number, query="reset password")
        bare = await client.call("search_knowledge_base", query="How do I reset my password?")
        refused = [
            await client.call("create_ticket", issue="x", customer="eve@example.com", message="Hello there"),
            await client.call("send_response", ticket=number, text="Hello"),
            await client.call("escalate_to_human", ticket=number, reason="refund"),
        ]

    assert [tool.name for tool in listed] == list(tools.TOOLS)
    assert all(tool.input_schema == INPUTS[tool.name].model_json_schema() for tool in listed)
    assert {tool.name for tool in listed if tool.annotations and not tool.annotations.read_only_hint} == WRITING
    assert json.loads(history.text)["hint"] == "Nothing that this sender may see."
    assert [json.loads(found.text)["passages"][0]["title"] for found in (bound, bare)] == [
        "Reset a forgotten password"
    ] * 2
    assert not any(answer.ok for answer in refused)
    assert all("Start it with `nightdesk mcp --allow-writes`" in answer.text for answer in refused)
    assert len(await rows(production.pool, "SELECT FROM inbox")) == 1


async def test_x4_a_writing_server_answers_instead_of_the_agent(product_dir: Path, production: Production) -> None:
    async with over_stdio(product_dir, "--allow-writes") as client:
        opened = await client.call(
            "create_ticket",
            issue="Reset",
            customer="joe@example.com",
            name="Joe Doe",
            subject="Access",
            message=QUESTION,
        )
        number = json.loads(opened.text)["ticket"]
        early = await client.call("send_response", ticket=number, text="Hello")
        await client.call("get_customer_history", ticket=number)
        found = await client.call("search_knowledge_base", ticket=number, query="How do I reset my password?")
        text = json.loads(found.text)["passages"][0]["text"]
        sent = await client.call("send_response", ticket=number, text=text)
        again = await client.call("send_response", ticket=number, text=text)

    assert json.loads(opened.text)["status_link"].startswith(f"http://127.0.0.1:1/status#{number}:")
    assert "Instead, call get_customer_history next" in early.text
    assert sent.ok
    assert sent.text == f"Accepted. {number}: answered; the text leaves by web_form."
    assert not again.ok
    [reply] = await rows(
        production.pool,
        "SELECT o.author, o.recipient, o.state, o.body, d.model, d.rule, d.outcome, t.status, i.payload "
        "FROM outbox o JOIN tickets t ON t.id = o.ticket_id JOIN decision_records d ON d.inbox_id = o.inbound_id "
        "JOIN inbox i ON i.id = o.inbound_id WHERE t.number = $1",
        number,
    )
    assert reply["body"].startswith("Hello Joe Doe,\n\nTo reset a forgotten password")
    assert (reply["author"], reply["recipient"], reply["state"]) == ("agent", "joe@example.com", "ready")
    assert (reply["model"], reply["outcome"], reply["status"]) == ("mcp:stdio", "answered", "waiting")
    assert reply["payload"]["metadata"]["filed_by"] == "stdio"
