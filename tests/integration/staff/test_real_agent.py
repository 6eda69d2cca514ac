"""G14 with the real agent: encoder, knowledge base, rules, and a model behind a server that keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.agent.node import AgentNode, ModelSettings
from deployments.analysis_node import AnalysisNode
from deployments.rules.escalation import EscalationRules
from deployments.turns.pipeline import Pipeline
from embeddings.chunker import parse_docs
from embeddings.encoder import Encoder
from embeddings.indexer import sync
from embeddings.relevance import RelevanceGate
from tests.fakes.openai_server import OpenAIServer
from tests.fixtures.agent_desk import LINK, analysis_node, encoder, openai, served
from tests.fixtures.company import EXAMPLE
from tests.fixtures.store import Store

__all__ = ["analysis_node", "encoder", "openai", "served"]

DOCS = Path(__file__).parents[3] / "context" / "product-docs.md"
PASSWORD = "reset-a-forgotten-password"
Build = Callable[..., Pipeline]


@pytest.fixture
async def build(store: Store, encoder: Encoder, analysis_node: AnalysisNode, served: Any) -> Build:
    """A pipeline whose agent is the real one, with a remote model and a few passages of the documentation."""
    passages = parse_docs(DOCS.read_text(encoding="utf-8"))
    await sync(store.pool, encoder, [p for p in passages if p.slug == PASSWORD or "run_state" in p.slug][:8])

    def made(*, answers: bool = True, approval: bool = False) -> Pipeline:
        agent = AgentNode(
            pool=store.pool,
            analysis=analysis_node,
            model=ModelSettings(api_key="sk-test", base_url=served[1], name="gpt-test"),
            gate=RelevanceGate.load(own_names=EXAMPLE.own_names),
            rules=EscalationRules(own_names=EXAMPLE.own_names),
            company=EXAMPLE,
            links=LINK.format,
            answers=answers,
        )
        return store.pipeline(agent=agent, analysis=analysis_node, approval=approval)

    return made


async def test_g14_the_models_prompt_contains_the_staff_reply(
    build: Build, store: Store, http: httpx.AsyncClient, openai: OpenAIServer
) -> None:
    pipeline = build()
    assert await pipeline.handle(await store.form("Please let me path to a real person about my login")) == "escalated"
    [work] = (await http.get("/conversations")).json()["conversations"]
    path = f"/conversations/{work['conversation_id']}"
    [ticket] = (await http.get(path)).json()["tickets"]
    assert (ticket["escalation_reason"], ticket["queue"]) == ("human_request", "general")
    assert "path to a real person" in ticket["summary"]
    assert openai.requests == []

    await http.post(f"{path}/reply", json={"text": "Your account was locked; I have unlocked it, canary-4711."})
    assert await pipeline.handle(await store.reply(ticket["ticket_id"], "Thank you, one more question")) == "held"
    assert openai.requests == []

    await http.post(f"{path}/release")
    question = await store.reply(ticket["ticket_id"], "How do I reset a forgotten password?")
    assert await pipeline.handle(question) == "answered"
    [asked] = openai.requests
    assert "(written by a colleague) Hello" in asked.text
    assert "Your account was locked; I have unlocked it, canary-4711." in asked.text
    shown = (await http.get(path)).json()
    assert [m["author"] for m in shown["messages"]] == ["customer", "agent", "staff", "customer", "customer", "agent"]
    assert shown["decisions"][-1]["outcome"] == "answered"
    assert shown["messages"][-1]["sources"] == [PASSWORD]


@pytest.mark.parametrize(
    ("text", "reason", "rule"),
    [
        ("How do I reset a forgotten password?", "human_request", "mode:off"),
        ("Thank you very much!", "human_request", "mode:off"),
        ("My lawyer will contact you, we will sue you.", "legal", None),
        ("I want a refund for last month, please.", "refund", None),
    ],
)
async def test_g14_with_agent_mode_off_every_message_is_handed_over_without_a_model_call(
    build: Build, store: Store, openai: OpenAIServer, text: str, reason: str, rule: str | None
) -> None:
    assert await build(answers=False).handle(await store.form(text)) == "escalated"
    [ticket] = await store.rows("SELECT * FROM tickets")
    assert (ticket["status"], ticket["escalation_reason"]) == ("escalated", reason)
    assert ticket["severity"]
    [record] = await store.rows("SELECT * FROM decision_records")
    assert (record["model"], record["passages"]) == ("none", [])
    assert rule in (None, record["rule"])
    [word] = await store.rows("SELECT * FROM outbox")
    assert "colleague" in word["body"]
    assert openai.requests == []


async def test_g14_in_draft_mode_the_models_answer_waits_for_approval(
    build: Build, store: Store, http: httpx.AsyncClient
) -> None:
    assert await build(approval=True).handle(await store.form("How do I reset a forgotten password?")) == "answered"
    [work] = (await http.get("/conversations", params={"state": "drafts"})).json()["conversations"]
    path = f"/conversations/{work['conversation_id']}"
    [draft] = (await http.get(path)).json()["drafts"]
    assert draft["sources"] == [PASSWORD]
    edited = draft["text"].replace("Hello", "Good morning")
    approved = await http.post(f"{path}/approve", json={"draft_id": draft["draft_id"], "text": edited})
    assert approved.status_code == 200, json.dumps(approved.json())
    assert (await http.get(path)).json()["messages"][-1]["text"] == edited
