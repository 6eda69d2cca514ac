"""X4: an MCP server uses the settings that the product was started with, not those of its own environment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from serve_app.api.public.status_link import status_link
from serve_app.cli.main import app
from serve_app.cli.mcp.run import staff_keys
from serve_app.cli.target import find_product, settings_of
from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from tests.fixtures.mcp_clients import McpClient, ToolAnswer, over_stdio, rows
from tests.fixtures.production import CLOSED_HOURS, SECRET, Production, pretend

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION = "How do I reset my password? I cannot find the page."
SHELL = {
    "AGENT_MODE": "auto",
    "SECRET_KEY": "the secret of another product",
    "PUBLIC_BASE_URL": "https://elsewhere.example",
    "ESCALATION_THRESHOLDS": '{"legal.meaning": 0.0}',
    "EMBEDDING_MODEL": "unheard-of",
    "SUPPORT_HOURS": "Mon-Sun 00:00-24:00",
    "STAFF_API_KEY": "mallory:her-own-key-of-16-signs",
}
"""As unlike the product's settings as can be."""


async def _opened(client: McpClient, message: str, customer: str) -> tuple[str, ToolAnswer, dict[str, Any]]:
    answer = await client.call("create_ticket", issue="Access", customer=customer, message=message)
    created: dict[str, Any] = json.loads(answer.text.partition("\n")[0])
    return created["ticket"], answer, created


async def _answered(client: McpClient, number: str) -> ToolAnswer:
    await client.call("get_customer_history", ticket=number)
    found = await client.call("search_knowledge_base", ticket=number, query="How do I reset my password?")
    text = json.loads(found.text)["passages"][0]["text"]
    return await client.call("send_response", ticket=number, text=text)


async def _kept(production: Production, number: str) -> list[dict[str, Any]]:
    return await rows(
        production.pool,
        "SELECT o.state, o.body, o.message_id, i.state AS inbox, t.status, d.outcome, d.reason, d.rule "
        "FROM tickets t JOIN inbox i ON i.ticket_id = t.id LEFT JOIN outbox o ON o.inbound_id = i.id "
        "LEFT JOIN decision_records d ON d.inbox_id = i.id WHERE t.number = $1",
        number,
    )


async def test_x4_with_draft_an_answer_waits_for_approval(
    production: Production, knowledge_url: str, tmp_path: Path
) -> None:
    product = pretend(tmp_path / "data", knowledge_url, agent_mode="draft")
    async with over_stdio(product, "--allow-writes", shell=SHELL) as client:
        number, _, created = await _opened(client, QUESTION, "dora@example.com")
        sent = await _answered(client, number)

    link = status_link("http://127.0.0.1:1", SECRET, number)
    assert sent.text == f"Accepted. {number}: the answer waits for a person's approval."
    assert created["status_link"] == link
    [reply] = await _kept(production, number)
    assert (reply["state"], reply["message_id"], reply["inbox"]) == ("draft", None, "drafted")
    assert link in reply["body"]
    assert (
        await rows(production.pool, "SELECT FROM messages WHERE author = 'agent' AND content = $1", reply["body"]) == []
    )


async def test_x4_with_off_everything_is_handed_over_and_nothing_answered(
    production: Production, knowledge_url: str, tmp_path: Path
) -> None:
    product = pretend(tmp_path / "data", knowledge_url, agent_mode="off", support_hours=CLOSED_HOURS)
    waiting, _ = await production.file(QUESTION, email="olga@example.com")
    async with over_stdio(product, "--allow-writes", shell=SHELL) as client:
        number, opened, _ = await _opened(client, QUESTION, "otto@example.com")
        refused = await _answered(client, number)
        thanked, _, _ = await _opened(client, "Thanks a lot!", "oda@example.com")
        early = await client.call("send_response", ticket=waiting, text="Hello")
        taken = await client.call("create_ticket", issue="Access", ticket=waiting)

    assert f"{number}: handed over (human_request), the customer is told so" in opened.text
    for answer in (refused, early):
        assert not answer.ok
        assert "AGENT_MODE=off" in answer.text
        assert "Hand over instead: create_ticket does that" in answer.text
    assert f"{waiting}: handed over" in taken.text
    for ticket in (number, thanked, waiting):
        [reply] = await _kept(production, ticket)
        assert (reply["outcome"], reply["reason"], reply["rule"]) == ("escalated", "human_request", "mode:off")
        assert "is back on" in reply["body"]


async def test_x4_a_hand_over_outside_support_hours_says_when_people_are_back(
    production: Production, knowledge_url: str, tmp_path: Path
) -> None:
    product = pretend(tmp_path / "data", knowledge_url, support_hours=CLOSED_HOURS)
    async with over_stdio(product, "--allow-writes", shell=SHELL) as client:
        number, _, _ = await _opened(client, QUESTION, "hugo@example.com")
        await client.call("escalate_to_human", ticket=number, reason="human_request")

    [reply] = await _kept(production, number)
    assert "is back on" in reply["body"]


async def test_x4_once_the_product_runs_with_other_settings_nothing_is_served(
    production: Production, knowledge_url: str, tmp_path: Path
) -> None:
    product = pretend(tmp_path / "data", knowledge_url)
    async with over_stdio(product, "--allow-writes", shell=SHELL) as client:
        number, opened, _ = await _opened(client, QUESTION, "rita@example.com")
        pretend(product, knowledge_url, agent_mode="off")
        refusals = [
            await client.call("escalate_to_human", ticket=number, reason="human_request"),
            await client.call("search_knowledge_base", query="password"),
        ]

    assert opened.ok
    for refused in refusals:
        assert not refused.ok
        assert "Start `nightdesk mcp` anew" in refused.text
    [reply] = await _kept(production, number)
    assert (reply["inbox"], reply["state"]) == ("waiting", None)


async def test_x4_a_product_of_an_older_version_is_to_be_restarted(
    production: Production, knowledge_url: str, tmp_path: Path
) -> None:
    data_dir = DataDir(pretend(tmp_path / "data", knowledge_url))
    run_file.save(data_dir, replace(run_file.load(data_dir), settings=None))
    result = CliRunner().invoke(app, ["mcp", "--data-dir", str(data_dir.path)])

    assert "did not keep its settings: restart it with `nightdesk down` and `nightdesk up`" in str(result.exception)


async def test_x4_the_http_server_accepts_the_products_staff_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = pretend(tmp_path / "data", "postgresql://nowhere/x", staff_api_key="ann:the-long-key-of-ann")
    monkeypatch.setenv("STAFF_API_KEY", SHELL["STAFF_API_KEY"])
    product = find_product(data_dir)
    keys = staff_keys(product, settings_of(product))

    assert (keys.holder("Bearer the-long-key-of-ann"), keys.holder("Bearer her-own-key-of-16-signs")) == ("ann", None)
