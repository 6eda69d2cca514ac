"""The agent on real parts: PostgreSQL with the product documentation, the encoder and its heads, a model server."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db.ids import new_id
from db.pool import Pool, create_pool
from db.records import Analysis, Channel, Lease, Message, Ticket, Turn, WaitingMessage
from deployments.agent.node import AgentNode, ModelSettings
from deployments.agent.run_context import PassageSearch
from deployments.analysis import AnalysisNode
from deployments.rules.escalation import EscalationRules
from embeddings.chunker import parse_docs
from embeddings.encoder import Encoder
from embeddings.escalation import EscalationModel
from embeddings.indexer import sync
from embeddings.relevance import RelevanceGate
from embeddings.sentiment import SentimentHead
from evaluation.providers.serving import serve_in_thread
from tests.fakes.openai_server import OpenAIServer

DOCS = Path(__file__).parents[3] / "context" / "product-docs.md"
LINK = "https://help.example/status#{}:token"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="session")
def analysis_node(encoder: Encoder) -> AnalysisNode:
    return AnalysisNode(encoder=encoder, sentiment=SentimentHead.load(), escalation=EscalationModel.load())


@pytest.fixture(scope="session")
def knowledge_dump(session_database_url: str, encoder: Encoder) -> bytes:
    """The product documentation as it is indexed, encoded once for a run."""

    async def fill() -> bytes:
        pool = await create_pool(session_database_url)
        await sync(pool, encoder, parse_docs(DOCS.read_text(encoding="utf-8")))
        dump = io.BytesIO()
        async with pool.acquire() as connection:
            await connection.copy_from_table("knowledge_base", output=dump, format="binary")
        await pool.close()
        return dump.getvalue()

    return asyncio.run(fill())


@pytest.fixture(scope="module")
def knowledge_url(module_database_url: str, knowledge_dump: bytes) -> str:
    """A database of the module's own whose knowledge base holds the product documentation."""

    async def fill() -> None:
        pool = await create_pool(module_database_url)
        async with pool.acquire() as connection:
            await connection.copy_to_table("knowledge_base", source=io.BytesIO(knowledge_dump), format="binary")
        await pool.close()

    asyncio.run(fill())
    return module_database_url


@pytest.fixture
async def pool(knowledge_url: str) -> AsyncIterator[Pool]:
    pool = await create_pool(knowledge_url, size=12)  # eight turns at once, on a busy machine too
    yield pool
    await pool.close()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[OpenAIServer, str]]:
    server = OpenAIServer()
    with serve_in_thread(server.app) as url:
        yield server, f"{url}/v1"


@pytest.fixture
def openai(served: tuple[OpenAIServer, str]) -> OpenAIServer:
    served[0].reset()
    return served[0]


@dataclass(kw_only=True)
class Desk:
    """An agent node and the means to write to it."""

    pool: Pool
    analysis: AnalysisNode
    model: ModelSettings = field(default_factory=ModelSettings)
    clock: Callable[[], float] | None = None
    search: PassageSearch | None = None

    def __post_init__(self) -> None:
        given: dict[str, Any] = {"clock": self.clock} if self.clock else {}
        self.embedded: list[str] = []
        self.node = AgentNode(
            pool=self.pool,
            embed_query=self._embed,
            model=self.model,
            gate=RelevanceGate.load(),
            rules=EscalationRules(),
            links=LINK.format,
            search=self.search,
            **given,
        )

    async def _embed(self, text: str) -> tuple[float, ...]:
        self.embedded.append(text)
        return (await self.analysis.embed([text]))[0]

    async def analyse(self, turn: Turn) -> Analysis:
        opening = "" if turn.earlier or turn.channel == "whatsapp" else turn.ticket.subject
        return (await self.analysis.analyse([f"{opening}\n{turn.text}" if opening else turn.text]))[0]

    async def write(self, text: str, **fields: Any) -> Any:
        """Let a customer write and return the decision. Fields as `turn_of`."""
        turn = turn_of(text, **fields)
        return await self.node.run(turn, await self.analyse(turn))


@pytest.fixture
def desk(pool: Pool, analysis_node: AnalysisNode) -> Desk:
    return Desk(pool=pool, analysis=analysis_node)


@pytest.fixture(params=["responses", "chat_completions"])
def remote(
    request: pytest.FixtureRequest,
    pool: Pool,
    analysis_node: AnalysisNode,
    served: tuple[OpenAIServer, str],
    openai: OpenAIServer,
) -> Desk:
    """The same desk with a model behind a server, on both wire formats."""
    settings = ModelSettings(
        api_key="sk-test",
        base_url=served[1],
        name="gpt-test",
        api=request.param,
        timeout_s=1.0,
        retry_wait_s=0.01,
        breaker_failures=1000,
    )
    return Desk(pool=pool, analysis=analysis_node, model=settings)


@pytest.fixture
def patient(remote: Desk) -> Desk:
    """The remote desk with time enough for many turns at once on a busy machine."""
    return Desk(pool=remote.pool, analysis=remote.analysis, model=replace(remote.model, timeout_s=30.0))


def turn_of(
    text: str,
    *,
    channel: Channel = "web_form",
    subject: str = "",
    name: str = "Anna Lindgren",
    category: str = "how_to",
    recipient: str = "anna@example.com",
    **fields: Any,
) -> Turn:
    """A turn as identity opens it; `fields` replace those of Turn."""
    now = datetime.now(UTC)
    customer, conversation = new_id(), new_id()
    ticket = Ticket(
        id=new_id(),
        number="TKT-0042",
        customer_id=customer,
        conversation_id=conversation,
        source_channel=channel,
        category=category,
        priority="medium",
        subject=subject,
        status="processing",
        escalation_reason=None,
        created_at=now,
        updated_at=now,
        resolved_at=None,
    )
    waiting = WaitingMessage(inbox_id=new_id(), message_id=new_id(), content=text, attempts=0, received_at=now)
    turn = Turn(
        lease=Lease(customer_id=customer, token=1, holder="test"),
        customer_id=customer,
        customer_name=name,
        tier=0,
        channel=channel,
        recipient=recipient,
        conversation_id=conversation,
        owner="agent",
        owner_token=0,
        ticket=ticket,
        waiting=(waiting,),
        earlier=(),
    )
    return replace(turn, **fields)


def said(content: str, author: str = "customer") -> Message:
    """A message of the conversation so far."""
    return Message(
        id=new_id(),
        direction="inbound" if author == "customer" else "outbound",
        author=author,  # type: ignore[arg-type]
        channel="web_form",
        content=content,
        sentiment=None,
        created_at=datetime.now(UTC),
    )
