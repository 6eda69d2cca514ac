"""Turns as production stored them: forms through the real pipeline, with the real analysis and the embedded model."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from db.ids import new_id
from db.intake import web_form
from db.intake.channels import ChannelMessage, accept_message
from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool, acquire, create_pool
from db.records import Analysis, Decision, Turn
from deployments.agent.node import ModelSettings
from deployments.analysis import AnalysisNode
from deployments.identity.node import Identity
from deployments.staff.desk import StaffDesk
from deployments.turns.failure_notice import Apology
from deployments.turns.pipeline import Pipeline
from deployments.turns.reply_limit import ReplyLimit
from embeddings.chunker import parse_docs
from embeddings.encoder import Encoder
from embeddings.escalation import EscalationModel
from embeddings.indexer import sync
from embeddings.sentiment import SentimentHead
from ingest.events import INCOMING, InboundMessage
from ingest.web_form import SupportForm, TicketReply, new_form, new_reply
from serve_app.api.public.status_link import status_link
from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.processes import ProcessRecord, identity_of
from serve_app.nodes.agent_builder import agent_node
from serve_app.settings.decision_settings import kept
from serve_app.settings.environment import settings_from
from serve_app.settings.support import SupportArgs

DOCS = Path(__file__).parents[3] / "context" / "product-docs.md"
SECRET, OPERATOR = "a secret of this test", "operator-token"
links = partial(status_link, "https://help.example", SECRET)

MESSAGES = (
    "How do I reset my password? I cannot find the page.",
    "I want a refund for last month, please.",
    "How do I invite a colleague to my workspace?",
    "What does the Enterprise plan cost for 200 people?",
    "Please let me talk to a human being.",
    "How can I export my tasks to a CSV file?",
    "Our lawyer will contact you about the data leak.",
    "This is a disgrace, I am furious, nothing works and nobody cares!",
    "How do I turn on two-factor authentication?",
    "Which keyboard shortcuts are there for the task board?",
    "Can I connect TechCorp Platform to Slack?",
    "How do I change the language of the interface?",
    "Wie kann ich mein Passwort zurücksetzen? Ich finde die Seite nicht.",
    "Can you recommend a good pizza place in Hamburg?",
    "How do I restore a deleted project?",
    "My notifications do not arrive by e-mail, what can I do?",
    "How do I set up recurring tasks?",
    "Is there a mobile app and does it work offline?",
    "I was charged twice, give me my money back.",
    "How do I delete my account and all data in it?",
    "Where do I see the activity log of a project?",
    "How are guest users different from members?",
)
CHAT = (("How do I invite a colleague?",), ("I forgot my password.", "How can I reset it?"))
"""Of one WhatsApp number; what stands together is written before the first of it is answered."""
FOLLOW_UPS = ("And how do I do that on the phone?", "Thanks, that worked!")
DRAFTED = ("How do I restore a deleted project?", "How do I turn on two-factor authentication?")
"""Of one form, both waiting for approval at once; the first draft is edited then, the second approved as it is."""
EDITED = 1
TURNS = len(MESSAGES) + len(FOLLOW_UPS) + len(DRAFTED) + len(CHAT)

ALWAYS = SupportArgs(hours="Mon-Sun 00:00-24:00")
CLOSED_HOURS = f"{datetime.now(UTC) + timedelta(days=3):%a} 03:00-03:01"
"""Support hours outside which it is now, and stays for the length of a run."""


def pretend(path: Path, database_url: str, **settings: object) -> Path:
    """Make a data directory on which a product seems to run that was started with these settings: this process."""
    data_dir = DataDir(path)
    (data_dir.path / "secrets").mkdir(parents=True, exist_ok=True)
    identity = identity_of(os.getpid())
    assert identity is not None
    run = run_file.RunFile(
        supervisor=ProcessRecord(name="supervisor", pid=os.getpid(), identity=identity),
        data_dir=str(data_dir.path),
        started_at="2026-11-22T00:00:00+00:00",
        url="http://127.0.0.1:1",
        operator_token=OPERATOR,
        database_url=database_url,
        settings=kept(settings_from(settings), secret_key=SECRET, public_base_url="http://127.0.0.1:1"),
    )
    run_file.save(data_dir, run)
    return data_dir.path


class _Wakes:
    """Nobody listens: there is no broker here."""

    def wake(self) -> None:
        pass


@dataclass(kw_only=True)
class Production:
    """The way of a message as the graph runs it, without Kafka and Ray. `turns` are those that the agent was given."""

    pool: Pool
    analysis: AnalysisNode
    support: SupportArgs = ALWAYS
    turns: list[Turn] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.agent = agent_node(
            pool=self.pool,
            embed_query=self._embed,
            model=ModelSettings(),
            links=links,
            escalation_thresholds={},
            support=self.support,
        )
        configs = ChannelConfigs(self.pool)
        self.pipeline = Pipeline(
            pool=self.pool,
            identity=Identity(pool=self.pool),
            analysis=self.analysis,
            agent=self,
            apology=Apology(configs=configs, links=links),
            limit=ReplyLimit(configs=configs, links=links),
            relay=_Wakes(),
            holder="test",
            approval=self.support.agent_mode == "draft",
        )

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        """As the agent node's, which it asks."""
        self.turns.append(turn)
        return await self.agent.run(turn, analysis)

    async def _embed(self, text: str) -> tuple[float, ...]:
        return (await self.analysis.embed([text]))[0]

    async def file(self, message: str, *, email: str = "ann@example.com") -> tuple[str, InboundMessage]:
        """Store a form and return its ticket's number and the record that would travel."""
        form = SupportForm(name="Ann Lee", email=email, subject="A question", category="how_to", message=message)
        new = new_form(form, key=None, now=datetime.now(UTC))
        async with acquire(self.pool) as connection:
            accepted = await web_form.accept_form(connection, new)
        return accepted.ticket_number, InboundMessage.model_validate_json(new.payload)

    async def ask(self, message: str, **fields: Any) -> str:
        """File a form, let it be answered, and return its ticket's number."""
        number, record = await self.file(message, **fields)
        await self.pipeline.handle(record)
        return number

    async def reply(self, number: str, message: str) -> None:
        """Write into a ticket and let that be answered."""
        async with acquire(self.pool) as connection:
            address = await web_form.reply_address(connection, number)
            assert address is not None
            new = new_reply(TicketReply(message=message), address, key=None, now=datetime.now(UTC))
            await web_form.accept_reply(connection, new)
        await self.pipeline.handle(InboundMessage.model_validate_json(new.payload))

    async def approve(self, number: str, text: str | None = None) -> None:
        """Approve a ticket's oldest draft, with a text of one's own or as it is."""
        async with acquire(self.pool) as connection:
            conversation_id = await connection.fetchval("SELECT conversation_id FROM tickets WHERE number = $1", number)
        desk = StaffDesk(pool=self.pool, relay=_Wakes())
        await desk.approve(conversation_id, by="ann", draft_id=None, text=text)

    async def chat(self, *texts: str) -> None:
        """Write from a WhatsApp number, all before the first is answered."""
        async with acquire(self.pool) as connection:
            accepted = [await accept_message(connection, _chat_message(text)) for text in texts]
            assert accepted[0] is not None
            payload = await connection.fetchval("SELECT payload FROM inbox WHERE id = $1", accepted[0].inbox_id)
        await self.pipeline.handle(InboundMessage.model_validate(payload))


def _chat_message(text: str) -> ChannelMessage:
    return ChannelMessage(
        channel="whatsapp",
        provider="twilio",
        provider_message_id=new_id().hex,
        identifier_type="whatsapp",
        identifier="+447700900123",
        verified=True,
        content=text,
        received_at=datetime.now(UTC),
        topic=INCOMING,
        display_name="Wanda",
        join_key="whatsapp:+447700900123",
    )


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command that is run in this process logs to a stderr that is closed behind it; later tests must not."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="session")
def analysis_node(encoder: Encoder) -> AnalysisNode:
    return AnalysisNode(encoder=encoder, sentiment=SentimentHead.load(), escalation=EscalationModel.load())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A database with answered turns, their tickets' numbers by message, and the turns as the agent was given them."""

    url: str
    numbers: dict[str, str]
    turns: tuple[Turn, ...]


async def _fill(url: str, encoder: Encoder, analysis: AnalysisNode, messages: Sequence[str]) -> Stored:
    pool = await create_pool(url, size=4)
    try:
        await sync(pool, encoder, parse_docs(DOCS.read_text(encoding="utf-8")))
        production = Production(pool=pool, analysis=analysis, support=SupportArgs(hours=CLOSED_HOURS))
        numbers = [await production.ask(text, email=f"person{n}@example.com") for n, text in enumerate(messages)]
        for text in FOLLOW_UPS:
            await production.reply(numbers[0], text)
        await _draft(production)
        for texts in CHAT:
            await production.chat(*texts)
        await production.pipeline.close()
    finally:
        await pool.close()
    return Stored(url=url, numbers=dict(zip(messages, numbers, strict=True)), turns=tuple(production.turns))


async def _draft(production: Production) -> None:
    support = production.support.model_copy(update={"agent_mode": "draft"})
    drafting = Production(pool=production.pool, analysis=production.analysis, support=support, turns=production.turns)
    number = await drafting.ask(DRAFTED[0], email="dora@example.com")
    await drafting.reply(number, DRAFTED[1])
    await drafting.approve(number, "Hello Dora,\n\nI have restored it for you.")
    await drafting.approve(number)
    await drafting.pipeline.close()


@pytest.fixture(scope="session")
def stored(session_database_url: str, encoder: Encoder, analysis_node: AnalysisNode) -> Stored:
    """Answers, hand-overs for most reasons, a conversation of three turns, drafts, a chat: outside support hours."""
    return asyncio.run(_fill(session_database_url, encoder, analysis_node, MESSAGES))


@pytest.fixture
async def pool(stored: Stored) -> AsyncIterator[Pool]:
    pool = await create_pool(stored.url, size=4)
    yield pool
    await pool.close()
