"""The staff's desk over a store with a pipeline, and the same behind HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from db.intake.channels import ChannelMessage, accept_message
from db.pool import acquire
from deployments.staff.desk import StaffDesk
from deployments.turns.pipeline import Pipeline
from ingest.events import INCOMING, InboundMessage
from tests.fakes.nodes import ScriptedAgent
from tests.integration.api.serving import STAFF_KEY, Served, arguments, running
from tests.integration.pipeline.conftest import Store, Wakes, plain_logs, store

__all__ = ["plain_logs", "store"]

ANN = {"Authorization": f"Bearer {STAFF_KEY}"}
BOB = {"Authorization": "Bearer bob:other-key"}


@dataclass(slots=True, kw_only=True)
class Office:
    """A store with an agent and a desk."""

    store: Store
    agent: ScriptedAgent = field(default_factory=ScriptedAgent)
    wakes: Wakes = field(default_factory=Wakes)

    @property
    def desk(self) -> StaffDesk:
        return StaffDesk(pool=self.store.pool, relay=self.wakes)

    def pipeline(self, **options: Any) -> Pipeline:
        return self.store.pipeline(agent=self.agent, **options)

    async def form(self, message: str, **options: Any) -> InboundMessage:
        """File a form and work it off."""
        wake = await self.store.form(message)
        await self.pipeline(**options).handle(wake)
        return wake

    async def follow_up(self, message: str, **options: Any) -> str:
        """Write into the first ticket and work that off; returns the outcome."""
        return await self.pipeline(**options).handle(await self.store.reply(self.store.numbers[0], message))

    async def chat(self, content: str, *, sid: str) -> InboundMessage:
        """Take a WhatsApp message in as the webhook does and return the record that would travel."""
        message = ChannelMessage(
            channel="whatsapp",
            provider="twilio",
            provider_message_id=sid,
            identifier_type="whatsapp",
            identifier="+491701234567",
            verified=True,
            content=content,
            received_at=await self.store.value("SELECT now()"),
            topic=INCOMING,
            join_key="whatsapp:+491701234567",
            join_within_s=3600,
        )
        async with acquire(self.store.pool) as connection:
            accepted = await accept_message(connection, message)
        assert accepted is not None
        payload = await self.store.value("SELECT payload FROM inbox WHERE id = $1", accepted.inbox_id)
        return InboundMessage.model_validate(payload)

    async def conversation(self) -> dict[str, Any]:
        """The only conversation's row."""
        [row] = await self.store.rows("SELECT * FROM conversations")
        return row

    async def ticket(self) -> dict[str, Any]:
        """The only ticket's row."""
        [row] = await self.store.rows("SELECT * FROM tickets")
        return row

    async def inbox(self) -> list[str]:
        """What became of the customer's messages, in order."""
        return [row["state"] for row in await self.store.rows("SELECT state FROM inbox ORDER BY received_at, id")]


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store=store)


@pytest.fixture
async def http(store: Store, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The API over the same store, as Ann of the staff calls it."""
    served: Served
    async with running(arguments(database_url)) as served:
        served.client.headers.update(ANN)
        yield served.client
