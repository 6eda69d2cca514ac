"""Each channel has its own room in delivery: one that is slow, limited or away holds up no other.

The senders are the product's, over the stand-ins of Gmail and Twilio, whose common journal tells the order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import pytest

from db.pool import create_pool
from db.records import Channel, OutboxRow
from deployments.channels.sender import CONCURRENCY
from deployments.delivery.node import DeliveryNode
from evaluation.providers.journal import Kind
from tests.fixtures.channels import Channels
from tests.fixtures.every_channel import OpenChannel, away, opened_channel, opened_line_of_all
from tests.fixtures.store import Store, plain_logs, store
from tests.fixtures.waiting import eventually
from tests.integration.pipeline.test_delivery import Provider, all_sent, file_replies, states

__all__ = ["plain_logs", "store"]

MAILS, MESSAGES = 130, 10
DELAY_S = 15.0
"""Less than Gmail's client waits. So long as no mail of the second batch is through, the room of the first is taken."""
Trouble = Callable[[Channels], AbstractContextManager[None]]


@contextmanager
def slow(providers: Channels) -> Iterator[None]:
    """Gmail takes its time for every draft."""
    providers.mail.fault("users.drafts.create", "delay_before", seconds=DELAY_S, times=None)
    yield


@contextmanager
def limited(providers: Channels) -> Iterator[None]:
    """Gmail refuses every draft: too many calls."""
    providers.mail.fault("users.drafts.create", "rate_limited", seconds=5.0, times=None)
    yield


def gone(providers: Channels) -> AbstractContextManager[None]:
    """Gmail does not listen."""
    return away(providers.gmail)


@pytest.fixture
async def whatsapp(database_url: str) -> AsyncIterator[OpenChannel]:
    """WhatsApp, on a product whose other channels are open, too."""
    async with (
        opened_line_of_all(database_url) as (line, providers),
        opened_channel("whatsapp", line, providers) as opened,
    ):
        yield opened


@pytest.mark.parametrize("trouble", [slow, limited, gone])
async def test_ten_whatsapp_replies_behind_130_mails_go_out_before_the_mails(
    whatsapp: OpenChannel, trouble: Trouble
) -> None:
    await file_replies(whatsapp.store, 1, conversations=MAILS)
    customers = [await whatsapp.asked("How do I export?", name=f"Eve {n}") for n in range(MESSAGES)]
    with trouble(whatsapp.providers):
        await whatsapp.deliver()
        await whatsapp.line.wait_for(MESSAGES, kind=Kind.WHATSAPP_ACCEPTED, seconds=120)
    entries = whatsapp.providers.shared.journal.entries()
    last = max(one.seq for one in entries if one.kind == Kind.WHATSAPP_ACCEPTED)
    mails_before = [one for one in entries if one.kind == Kind.MAIL_SENT and one.seq < last]
    assert len(mails_before) <= CONCURRENCY
    assert [await customer.received() for customer in customers] == [["About: How do I export?"]] * MESSAGES


@dataclass(slots=True)
class Stuck(Provider):
    """A provider that keeps every call until `freed`."""

    freed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, row: OutboxRow) -> str:
        await self.freed.wait()
        return await Provider.send(self, row)


@pytest.mark.parametrize(("stuck", "free"), [("whatsapp", "email"), ("email", "whatsapp")])
async def test_a_channel_whose_calls_hang_holds_up_no_other_and_leases_no_more_than_it_can_send(
    store: Store, database_url: str, stuck: Channel, free: Channel
) -> None:
    await file_replies(store, 1, channel=stuck, conversations=60)
    await store.execute("UPDATE outbox SET next_attempt_at = next_attempt_at - interval '1 minute'")
    others = [await store.form("Another question", email=f"other{n}@example.com") for n in range(20)]
    for form in others:
        await store.pipeline().handle(form)
    await store.execute("UPDATE outbox SET channel = $1 WHERE channel = 'web_form'", free)
    hanging, working = Stuck(channel=stuck), Provider(channel=free)
    node = DeliveryNode(pool=await create_pool(database_url, size=3), senders=[hanging, working], poll_s=0.05)
    await eventually(lambda: len(working.accepted) == len(others), within_s=60)
    assert hanging.accepted == []
    assert (await states(store)).count("sending") <= hanging.concurrency + len(others)
    hanging.freed.set()
    await all_sent(store)
    assert len({row.id for row in hanging.accepted}) == len(hanging.accepted) == 60
    await node.close()
    assert await store.violations() == {}
