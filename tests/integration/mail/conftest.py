"""A Gmail stand-in on a real port, Google's own client in front of it, and the product's parts over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from db.pool import create_pool
from deployments.channels.gmail.client import Gmail
from deployments.channels.gmail.mailbox_reader import MailboxWorker
from deployments.channels.gmail.sender import GmailSender
from deployments.delivery.node import Delivery
from evaluation.providers.backstage import Backstage
from evaluation.providers.gmail import GmailOptions, gmail_app
from evaluation.providers.journal import Entry, Kind
from evaluation.providers.serving import serve_in_thread
from evaluation.providers.stage import Stage
from ingest.bus.relay import no_failpoint
from ingest.events import InboundMessage
from tests.fakes.nodes import ScriptedAgent
from tests.integration.pipeline.conftest import Store, Wakes, eventually, plain_logs, store

__all__ = ["plain_logs", "store"]

ADDRESS = GmailOptions().user
CUSTOMER = "eve@example.com"
NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Clock:
    """The product's time, moved ahead together with the stand-in's."""

    offset: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass(slots=True)
class Post:
    """Both ends of the mail channel: what customers do (`stage`) and what the product does."""

    store: Store
    stage: Stage
    options: GmailOptions
    database_url: str
    clock: Clock = field(default_factory=Clock)
    agent: ScriptedAgent = field(default_factory=ScriptedAgent)
    wakes: Wakes = field(default_factory=Wakes)
    parts: list[Any] = field(default_factory=list)

    def gmail(self, **changes: str) -> Gmail:
        account = {
            "client_id": self.options.client_id,
            "client_secret": self.options.client_secret,
            "refresh_token": self.options.refresh_token,
            "api_base_url": self.stage.base_url,
            "token_url": f"{self.stage.base_url}/token",
        }
        return Gmail(**account | changes)  # type: ignore[arg-type]

    def worker(self, *, poll_s: float = 0.0, **changes: str) -> MailboxWorker:
        worker = MailboxWorker(
            pool=self.store.pool,
            gmail=self.gmail(**changes),
            address=ADDRESS,
            topic=self.options.topic,
            poll_s=poll_s,
            clock=self.clock,
        )
        self.parts.append(worker)
        return worker

    async def connected(self) -> MailboxWorker:
        """A worker that knows the mailbox as it is now."""
        worker = self.worker()
        await worker.run_once()
        return worker

    async def delivery(
        self, *, failpoint: Callable[[str], None] = no_failpoint, credentials: Mapping[str, str] = NONE, **options: Any
    ) -> Delivery:
        pool = await create_pool(self.database_url, size=6)
        gmail = self.gmail(**credentials)
        sender = GmailSender(pool=pool, gmail=gmail, address=ADDRESS, clock=self.clock, failpoint=failpoint)
        delivery = Delivery(pool=pool, senders=[sender], **{"poll_s": 0.05, "look_up_s": 0.2, **options})
        self.parts.append(delivery)
        return delivery

    def question(self, text: str = "How do I log in?", **fields: Any) -> dict[str, Any]:
        return self.stage.write_mail(**{"sender": CUSTOMER, "subject": "Login", "text": text, **fields})

    async def answer_all(self) -> None:
        """Run a turn for whatever waits."""
        pipeline = self.store.pipeline(agent=self.agent)
        for row in await self.store.rows("SELECT payload FROM inbox WHERE state = 'waiting' ORDER BY received_at, id"):
            await pipeline.handle(InboundMessage.model_validate(row["payload"]))

    async def settled(self, state: str = "sent", *, within_s: float = 20.0) -> None:
        """Wait until every word of the outbox is in that state."""

        async def so() -> bool:
            return not await self.store.value("SELECT count(*) FROM outbox WHERE state <> $1", state)

        await eventually(so, within_s=within_s)

    async def settled_or_withheld(self) -> None:
        """Wait until nothing is on its way any more."""

        async def so() -> bool:
            return not await self.store.value("SELECT count(*) FROM outbox WHERE state IN ('ready', 'sending')")

        await eventually(so, within_s=20.0)

    def sent(self, where: Callable[[Entry], bool] = lambda _: True) -> list[Entry]:
        """What Gmail accepted from the product, oldest first."""
        found = self.stage.journal(kind=Kind.MAIL_SENT)
        return [entry for entry in found if entry.details.get("by") != "person" and where(entry)]

    def days(self, days: float) -> None:
        """Let time pass for both."""
        self.clock.offset += timedelta(days=days)
        self.stage.advance(days * 86_400)


@pytest.fixture
def gmail_options() -> GmailOptions:
    return GmailOptions()


@pytest.fixture
def stage(gmail_options: GmailOptions) -> Iterator[Stage]:
    with serve_in_thread(gmail_app(gmail_options, Backstage.opened())) as url, Stage(url) as stage:
        yield stage


@pytest.fixture
async def post(store: Store, stage: Stage, gmail_options: GmailOptions, database_url: str) -> AsyncIterator[Post]:
    post = Post(store, stage, gmail_options, database_url)
    yield post
    for part in post.parts:
        await part.close()
