"""A store, a way to file forms, and a pipeline over scripted nodes."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from db.intake import web_form
from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool, acquire, create_pool
from db.records import AcceptedForm
from deployments.channels.web_form import WebFormSender
from deployments.delivery.node import Delivery
from deployments.identity.node import Identity
from deployments.ingest_worker import IngestWorker
from deployments.reporting.node import Reporting
from deployments.turns.failure_notice import Apology
from deployments.turns.pipeline import Pipeline
from deployments.turns.reply_limit import ReplyLimit
from ingest.bus.relay import no_failpoint
from ingest.bus.topics import client_options
from ingest.events import TOPICS, InboundMessage
from ingest.web_form import SupportForm, TicketReply, new_form, new_reply
from serve_app.embedded.parts.kafka import EmbeddedKafka
from serve_app.settings.app_args import KafkaArgs
from serve_app.telemetry import configure_logging
from tests.fakes.nodes import FlatAnalysis, ScriptedAgent
from tests.invariants import violations


async def eventually(check: Callable[[], Awaitable[object]], *, within_s: float) -> None:
    """Wait until `check` says something true."""
    started = time.monotonic()
    while time.monotonic() - started < within_s:
        if await check():
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"did not happen within {within_s} s")


async def _without_topics(admin: AIOKafkaAdminClient) -> bool:
    return not set(TOPICS) & set(await admin.list_topics())


@pytest.fixture(autouse=True, scope="session")
def plain_logs() -> None:
    """One line an event: the default prints every local variable of a traceback, which takes seconds."""
    configure_logging("WARNING", "test")


@dataclass(slots=True)
class Wakes:
    """Counts nudges where no broker is part of the test."""

    count: int = 0

    def wake(self) -> None:
        self.count += 1


@dataclass(slots=True)
class Store:
    """A database of the test's own, and what a customer can do to it."""

    pool: Pool
    numbers: list[str] = field(default_factory=list)

    async def form(
        self, message: str, *, email: str = "ann@example.com", key: str | None = None, phone: str | None = None
    ) -> InboundMessage:
        """File a form as the HTTP call does and return the record that would travel."""
        body = SupportForm(
            name="Ann Lee", email=email, phone=phone, subject="A question", category="how_to", message=f"{message:<10}."
        )
        new = new_form(body, key=key, now=datetime.now(UTC))
        async with acquire(self.pool) as connection:
            accepted: AcceptedForm = await web_form.accept_form(connection, new)
        self.numbers.append(accepted.ticket_number)
        return InboundMessage.model_validate_json(new.payload)

    async def reply(self, number: str, message: str) -> InboundMessage:
        """Add the customer's further word to a ticket."""
        async with acquire(self.pool) as connection:
            address = await web_form.reply_address(connection, number)
            assert address is not None
            new = new_reply(TicketReply(message=message), address, key=None, now=datetime.now(UTC))
            await web_form.accept_reply(connection, new)
        return InboundMessage.model_validate_json(new.payload)

    async def rows(self, query: str, *arguments: object) -> list[dict[str, Any]]:
        async with acquire(self.pool) as connection:
            return [dict(row) for row in await connection.fetch(query, *arguments)]

    async def value(self, query: str, *arguments: object) -> Any:
        async with acquire(self.pool) as connection:
            return await connection.fetchval(query, *arguments)

    async def execute(self, query: str, *arguments: object) -> None:
        async with acquire(self.pool) as connection:
            await connection.execute(query, *arguments)

    async def all_published(self) -> bool:
        return not await self.value("SELECT count(*) FROM events WHERE state = 'pending'")

    async def violations(self, *, within_s: float = 0.0) -> dict[str, list[dict[str, Any]]]:
        async with acquire(self.pool) as connection:
            return await violations(connection, within_s=within_s)

    def pipeline(
        self,
        *,
        agent: ScriptedAgent | None = None,
        analysis: FlatAnalysis | None = None,
        holder: str = "tester",
        failpoint: Callable[[str], None] = no_failpoint,
        **options: Any,
    ) -> Pipeline:
        """A pipeline over this store; the identity node is the real one."""
        return Pipeline(
            pool=self.pool,
            identity=Identity(pool=self.pool),
            analysis=analysis or FlatAnalysis(),
            agent=agent or ScriptedAgent(),
            apology=Apology(
                configs=ChannelConfigs(self.pool), links=lambda number: f"http://localhost/status#{number}"
            ),
            limit=ReplyLimit(configs=ChannelConfigs(self.pool), links=str),
            relay=Wakes(),
            holder=holder,
            failpoint=failpoint,
            **options,
        )


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    pool = await create_pool(database_url, size=8)
    yield Store(pool)
    await pool.close()


@pytest.fixture
async def kafka(kafka_server: EmbeddedKafka) -> KafkaArgs:
    """The session's broker, without the topics of other tests."""
    kafka = KafkaArgs(bootstrap_servers=kafka_server.bootstrap_servers, partitions=3)
    admin = AIOKafkaAdminClient(**client_options(kafka))
    await admin.start()
    try:
        await admin.delete_topics([name for name in await admin.list_topics() if name in TOPICS])
        await eventually(lambda: _without_topics(admin), within_s=20)
    finally:
        await admin.close()
    return kafka


@pytest.fixture
def group() -> str:
    """A consumer group of this test's own."""
    return f"test-{uuid.uuid4().hex[:8]}"


@dataclass(slots=True)
class Graph:
    """The message path as one process runs it: ingest worker, delivery and reporting over scripted model nodes."""

    store: Store
    database_url: str
    kafka: KafkaArgs
    group: str
    agent: ScriptedAgent = field(default_factory=ScriptedAgent)
    parts: list[Any] = field(default_factory=list)

    async def worker(self, *, failpoint: Callable[[str], None] = no_failpoint, **options: Any) -> IngestWorker:
        pool = await create_pool(self.database_url, size=6, min_size=0)
        worker = IngestWorker(
            pool=pool,
            kafka=self.kafka,
            identity=Identity(pool=pool),
            analysis=FlatAnalysis(),
            agent=self.agent,
            links=lambda number: f"http://localhost/status#{number}",
            group=self.group,
            failpoint=failpoint,
            **options,
        )
        self.parts.append(worker)
        return worker

    async def delivery(self) -> Delivery:
        pool = await create_pool(self.database_url, size=3, min_size=0)
        self.parts.append(delivery := Delivery(pool=pool, senders=[WebFormSender()], poll_s=0.1))
        return delivery

    async def reporting(self) -> Reporting:
        pool = await create_pool(self.database_url, size=3, min_size=0)
        self.parts.append(reporting := Reporting(pool=pool, kafka=self.kafka, group=self.group, sweep_every_s=0.5))
        return reporting

    async def says(self, part: IngestWorker, status: str, *, within_s: float) -> None:
        """Wait until a part calls itself that."""

        async def so() -> bool:
            return part.status()[0] == status

        await eventually(so, within_s=within_s)

    async def settled(self, *, within_s: float, delivered: bool = False) -> float:
        """Wait until nothing waits (and all is sent); returns the seconds it took. Fails with what is left."""
        started = time.monotonic()
        query = "SELECT (SELECT count(*) FROM inbox WHERE state = 'waiting')"
        if delivered:
            query += " + (SELECT count(*) FROM outbox WHERE state <> 'sent')"
        while await self.store.value(query):
            if time.monotonic() - started > within_s:
                left = await self.store.rows("SELECT state, attempts, retry_at FROM inbox WHERE state = 'waiting'")
                pytest.fail(f"after {within_s} s there are still {left}")
            await asyncio.sleep(0.05)
        return time.monotonic() - started

    async def close(self) -> None:
        for part in reversed(self.parts):
            await part.close()
        self.parts.clear()


@pytest.fixture
async def graph(store: Store, database_url: str, kafka: KafkaArgs, group: str) -> AsyncIterator[Graph]:
    graph = Graph(store, database_url, kafka, group)
    yield graph
    await graph.close()
