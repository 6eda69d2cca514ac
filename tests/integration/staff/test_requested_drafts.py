"""H11, issue 13: the agent drafts an answer when a person asks for one, by its own search, judge and checks."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from deployments.agent.node import ModelSettings
from deployments.analysis_node import AnalysisNode
from embeddings.encoder import Encoder
from serve_app.settings.model import ModelArgs, ModelPrice
from tests.fakes.openai_server import OpenAIServer, Step
from tests.fixtures.agent_desk import analysis_node, encoder, openai, served
from tests.fixtures.drafting import PASSWORD, drafting_nodes
from tests.fixtures.office import ANN, Office
from tests.integration.api.serving import arguments, running

__all__ = ["analysis_node", "encoder", "openai", "served"]

QUESTION = "HANDOVER this, please. How do I reset a forgotten password?"


async def ask(client: httpx.AsyncClient, conversation: UUID, status: int = 200) -> dict[str, Any]:
    """Ask for a draft."""
    answer = await client.post(f"/api/v1/conversations/{conversation}/draft", headers=ANN)
    assert answer.status_code == status, answer.text
    drafted: dict[str, Any] = answer.json()
    return drafted


async def test_h11_a_draft_on_request_is_grounded_kept_and_sent_as_the_persons_own_reply(
    office: Office, database_url: str, encoder: Encoder, analysis_node: AnalysisNode
) -> None:
    await office.form(QUESTION)
    conversation: UUID = (await office.conversation())["id"]
    nodes = await drafting_nodes(office.store.pool, encoder, analysis_node)
    async with running(arguments(database_url), drafting=nodes) as api:
        client = api.client
        drafted = await ask(client, conversation)
        assert drafted["sources"] == [PASSWORD]
        assert "Forgot password" in drafted["text"]
        assert "Hello" not in drafted["text"]  # the reply's own frame greets
        assert [row["author"] for row in await office.store.rows("SELECT author FROM outbox")] == ["agent"]
        seen = (await client.get(f"/api/v1/conversations/{conversation}", headers=ANN)).json()
        assert [(one["staff"], one["message_id"]) for one in seen["requested"]] == [("ann", None)]

        edited = f"{drafted['text']} Ann was here."
        path = f"/api/v1/conversations/{conversation}/reply"
        wrong = await client.post(path, headers=ANN, json={"text": edited, "draft_id": str(uuid4())})
        assert (wrong.status_code, wrong.json()["error"]) == (409, "NOT_NOW")
        sent = await client.post(path, headers=ANN, json={"text": edited, "draft_id": drafted["draft_id"]})
        assert sent.status_code == 201
        after = (await client.get(f"/api/v1/conversations/{conversation}", headers=ANN)).json()
        assert after["messages"][-1]["draft"] == drafted["text"]
        assert after["messages"][-1]["staff"] == "ann"
        assert edited in after["messages"][-1]["text"]
        assert after["requested"][0]["message_id"] == sent.json()["message_id"]
        assert (await ask(client, conversation, 409))["error"] == "NOT_NOW"  # it is answered
    assert await office.store.violations() == {}


async def test_h11_all_that_waits_is_answered_and_where_nothing_answers_that_is_said(
    office: Office, database_url: str, encoder: Encoder, analysis_node: AnalysisNode
) -> None:
    await office.form("HANDOVER please")
    conversation: UUID = (await office.conversation())["id"]
    nodes = await drafting_nodes(office.store.pool, encoder, analysis_node)
    async with running(arguments(database_url), drafting=nodes) as api:
        nothing = await ask(api.client, conversation)
        assert (nothing["text"], nothing["sources"]) == ("", [])
        assert nothing["nothing"] == "The knowledge base has nothing that answers this."
        assert await office.follow_up("How do I reset a forgotten password?") == "held"
        assert (await ask(api.client, conversation))["sources"] == [PASSWORD]
        await office.desk.release(conversation, by="ann")
        assert "answers by itself" in (await ask(api.client, conversation, 409))["message"]
        await ask(api.client, uuid4(), 404)
    off = await drafting_nodes(office.store.pool, encoder, analysis_node, answers=False)
    await office.desk.take_over(conversation, by="ann")
    async with running(arguments(database_url), drafting=off) as api:
        assert "AGENT_MODE" in (await ask(api.client, conversation))["nothing"]
    async with running(arguments(database_url)) as api:
        await ask(api.client, conversation, 503)


async def test_h11_a_draft_by_a_model_is_kept_with_its_cost_and_counted(
    office: Office,
    database_url: str,
    encoder: Encoder,
    analysis_node: AnalysisNode,
    served: tuple[OpenAIServer, str],
    openai: OpenAIServer,
) -> None:
    # A topic that is handed over by rule: a person may be helped with it all the same.
    await office.form("HANDOVER, I will sue you. How do I reset a forgotten password?")
    conversation: UUID = (await office.conversation())["id"]
    model = ModelSettings(api_key="sk-test", base_url=served[1], name="gpt-test", probe_every_s=3600.0)
    nodes = await drafting_nodes(office.store.pool, encoder, analysis_node, model)
    prices = ModelArgs(prices={"gpt-test": ModelPrice(input=2.5, output=10)})
    async with running(arguments(database_url, model=prices), drafting=nodes) as api:
        drafted = await ask(api.client, conversation)
        assert (drafted["requests"], drafted["input_tokens"], drafted["output_tokens"]) == (1, 900, 60)
        assert drafted["cost"] == pytest.approx(0.00285)
        openai.script(Step.tool("send_response", text="It costs 5 dollars, call 0800 123456."), Step.fault("refusal"))
        refused = await ask(api.client, conversation)
        assert (refused["text"], refused["requests"]) == ("", 2)
        [used] = (await api.client.get(f"/api/v1/conversations/{conversation}/usage", headers=ANN)).json()["usage"]
        [whole] = (await api.client.get("/api/v1/metrics/usage?period=1h", headers=ANN)).json()["usage"]
        assert used == whole
        assert (used["turns"], used["requests"]) == (2, 3)
