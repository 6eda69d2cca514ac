"""Delivery of the outbox: each reply once, in the order of its conversation, and never repeated without a look-up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from db.outbound import outbox
from db.outbound.channel_configs import ChannelConfigs
from db.pool import acquire, create_pool
from db.records import Channel, OutboxRow
from deployments.channels.sender import (
    LookUpFailedError,
    MessageRejectedError,
    OutcomeUnknownError,
    Sender,
    TransientDeliveryError,
)
from deployments.channels.switches import ChannelSwitches
from deployments.channels.web_form import WebFormSender
from deployments.delivery.dispatch import backoff
from deployments.delivery.node import DeliveryNode
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually


@dataclass(slots=True)
class Provider:
    """A sender that records the rows it accepted and raises the ordered faults, one a call.

    With `loses_answers` it accepts the row before it raises.
    """

    channel: Channel = "email"
    concurrency: int = 8
    faults: list[Exception] = field(default_factory=list)
    look_up_faults: list[Exception] = field(default_factory=list)
    accepted: list[OutboxRow] = field(default_factory=list)
    loses_answers: bool = False

    async def send(self, row: OutboxRow) -> str:
        await asyncio.sleep(0.02)
        if self.faults:
            fault = self.faults.pop(0)
            if self.loses_answers:
                self.accepted.append(row)
            raise fault
        self.accepted.append(row)
        return f"ref-{row.id}"

    async def look_up(self, row: OutboxRow) -> str | None:
        if self.look_up_faults:
            raise self.look_up_faults.pop(0)
        return f"ref-{row.id}" if any(sent.id == row.id for sent in self.accepted) else None


Start = Callable[..., Awaitable[DeliveryNode]]


@pytest.fixture
async def delivery(database_url: str) -> AsyncIterator[Start]:
    running: list[DeliveryNode] = []

    async def start(*senders: Sender) -> DeliveryNode:
        pool = await create_pool(database_url, size=3)
        running.append(DeliveryNode(pool=pool, senders=senders, poll_s=0.05))
        return running[-1]

    yield start
    for part in running:
        await part.close()


async def file_replies(store: Store, count: int, *, channel: Channel = "email", conversations: int = 1) -> None:
    """Store `count` replies in each of `conversations` conversations, all for one channel."""
    pipeline = store.pipeline()
    for n in range(conversations):
        await pipeline.handle(await store.form("The first question", email=f"c{n}@example.com"))
        for m in range(count - 1):
            await pipeline.handle(await store.reply(store.numbers[-1], f"Question {m}"))
    await store.execute("UPDATE outbox SET channel = $1", channel)


async def states(store: Store) -> list[str]:
    return [row["state"] for row in await store.rows("SELECT state FROM outbox ORDER BY id")]


async def all_sent(store: Store) -> None:
    async def done() -> bool:
        return set(await states(store)) == {"sent"}

    await eventually(done)


async def one_is(store: Store, state: str) -> None:
    async def so() -> bool:
        return state in await states(store)

    await eventually(so)


async def end_backoff(store: Store) -> None:
    """Make every waiting row due now."""
    await store.execute(
        "UPDATE outbox SET next_attempt_at = now(), lease_until = NULL WHERE state IN ('ready', 'unknown')"
    )


async def test_web_replies_are_delivered_in_batches(store: Store, delivery: Start) -> None:
    await file_replies(store, 2, channel="web_form", conversations=10)
    await delivery(WebFormSender())
    await all_sent(store)
    assert await store.value("SELECT count(*) FROM messages WHERE author = 'agent' AND delivery_status = 'sent'") == 20
    assert await store.violations() == {}


async def test_k3_two_delivery_nodes_send_each_reply_once_and_in_order(store: Store, delivery: Start) -> None:
    await file_replies(store, 4, conversations=6)
    provider = Provider()
    await delivery(provider)
    await delivery(provider)
    await all_sent(store)
    assert len(provider.accepted) == len({row.id for row in provider.accepted}) == 24
    for conversation in {row.conversation_id for row in provider.accepted}:
        mine = [row.id for row in provider.accepted if row.conversation_id == conversation]
        assert mine == sorted(mine)
    assert await store.violations() == {}


async def test_a_failed_reply_is_retried_before_the_next_in_its_conversation(store: Store, delivery: Start) -> None:
    await file_replies(store, 2)
    provider = Provider(faults=[TransientDeliveryError("429", retry_in=30)])
    await delivery(provider)

    async def deferred() -> bool:
        return await store.value("SELECT last_error FROM outbox ORDER BY id LIMIT 1") is not None

    await eventually(deferred)
    await asyncio.sleep(0.3)
    assert await states(store) == ["ready", "ready"]  # the second waits for the first
    await end_backoff(store)
    await all_sent(store)
    assert [row.id for row in provider.accepted] == sorted(row.id for row in provider.accepted)


async def test_f2_a_lost_provider_response_is_settled_by_a_look_up(store: Store, delivery: Start) -> None:
    await file_replies(store, 2)
    provider = Provider(faults=[OutcomeUnknownError("timeout")], loses_answers=True)
    await delivery(provider)
    await all_sent(store)
    assert len(provider.accepted) == 2
    assert await store.value("SELECT count(*) FROM messages WHERE provider_message_id LIKE 'ref-%'") == 2


async def test_f3_nothing_is_sent_again_while_the_look_up_fails(store: Store, delivery: Start) -> None:
    await file_replies(store, 2)
    provider = Provider(
        faults=[OutcomeUnknownError("timeout")],
        loses_answers=True,
        look_up_faults=[LookUpFailedError("503"), LookUpFailedError("503")],
    )
    await delivery(provider)
    for times in ("1", "2"):
        await eventually(
            lambda times=times: store.value("SELECT metadata ->> 'not_asked' = $1 FROM outbox ORDER BY id", times)
        )
        assert await states(store) == ["unknown", "ready"]
        await end_backoff(store)
    await all_sent(store)
    assert len(provider.accepted) == 2


async def test_a_reply_that_two_look_ups_do_not_find_is_sent_once_more(store: Store, delivery: Start) -> None:
    await file_replies(store, 1)
    provider, before = Provider(faults=[OutcomeUnknownError("reset")]), await store.value("SELECT now()")
    await delivery(provider)

    async def missed() -> bool:
        return bool(await store.value("SELECT metadata ->> 'missed' FROM outbox") == "1")

    await eventually(missed)
    pause = "SELECT next_attempt_at - $1::timestamptz >= '60 s' AND next_attempt_at - now() <= '60 s' FROM outbox"
    assert await store.value(pause, before)
    assert provider.accepted == []
    await end_backoff(store)
    await all_sent(store)
    assert len(provider.accepted) == 1


async def test_a_rejected_reply_is_retried_and_then_parked(store: Store, delivery: Start) -> None:
    await file_replies(store, 2)
    provider = Provider(faults=[MessageRejectedError("400")] * 5)
    await delivery(provider)
    for attempt in range(1, 5):

        async def tried(attempt: int = attempt) -> bool:
            query = "SELECT attempts, state FROM outbox ORDER BY id LIMIT 1"
            [row] = await store.rows(query)
            return (row["attempts"], row["state"]) == (attempt, "ready")

        await eventually(tried)
        await end_backoff(store)
    await one_is(store, "parked")
    await one_is(store, "sent")  # parked does not hold up what follows
    assert await states(store) == ["parked", "sent"]


async def test_a_channel_without_a_sender_is_parked_with_its_reason(store: Store, delivery: Start) -> None:
    await file_replies(store, 1, channel="whatsapp")
    await delivery(WebFormSender())
    await one_is(store, "parked")
    assert await store.value("SELECT last_error FROM outbox") == "no sender for channel whatsapp"


@pytest.mark.parametrize(("channel", "expected"), [("web_form", "ready"), ("email", "unknown")])
async def test_inv6_the_lease_of_a_dead_sender_lapses(store: Store, channel: Channel, expected: str) -> None:
    await file_replies(store, 1, channel=channel)
    async with acquire(store.pool) as connection:
        assert len(await outbox.lease_due(connection, channel, limit=5, lease_s=0.05)) == 1
        await asyncio.sleep(0.1)
        assert len(await outbox.expire_leases(connection)) == 1
    assert await states(store) == [expected]


def test_the_backoff_doubles_up_to_a_quarter_of_an_hour() -> None:
    assert [backoff(30, n) for n in (1, 2, 3)] == [30, 60, 120]
    assert backoff(60, 20) == 900


@pytest.mark.parametrize("by_row", [True, False])
async def test_replies_of_a_channel_that_is_off_wait_as_ready_until_it_is_on(
    store: Store, database_url: str, by_row: bool
) -> None:
    await file_replies(store, 2)
    await store.execute("UPDATE channel_configs SET enabled = $1 WHERE channel = 'email'", not by_row)
    provider, pool = Provider(), await create_pool(database_url, size=3)
    configs = ChannelConfigs(pool, max_age_s=0.1)
    switches = ChannelSwitches(configs) if by_row else ChannelSwitches(configs, enabled=("web_form",))
    node = DeliveryNode(pool=pool, senders=[provider], switches=switches, poll_s=0.02)
    await asyncio.sleep(1.0)  # several passes, with upkeep
    assert (await states(store), provider.accepted) == (["ready", "ready"], [])
    if not by_row:
        await node.close()
        pool = await create_pool(database_url, size=3)
        node = DeliveryNode(pool=pool, senders=[provider], poll_s=0.02)
    await store.execute("UPDATE channel_configs SET enabled = true")
    await all_sent(store)
    assert [row.attempts for row in provider.accepted] == [1, 1]
    await node.close()


async def test_replies_of_a_channel_that_is_off_are_not_looked_up(store: Store, delivery: Start) -> None:
    await file_replies(store, 1)
    await store.execute("UPDATE outbox SET state = 'unknown', next_attempt_at = now()")
    await store.execute("UPDATE channel_configs SET enabled = false WHERE channel = 'email'")
    await delivery(Provider(look_up_faults=[OutcomeUnknownError("not asked")]))
    await asyncio.sleep(1.0)
    assert await states(store) == ["unknown"]
    assert await store.value("SELECT metadata ? 'not_asked' FROM outbox") is False


async def test_k3_replies_keep_their_order_whatever_the_clocks_of_the_hosts_that_wrote_them(
    store: Store, delivery: Start
) -> None:
    await file_replies(store, 5)
    written = [row["body"] for row in await store.rows("SELECT body FROM outbox ORDER BY created_at")]
    # As if each came from a host whose clock is behind that of the one before: an id begins with the host's time.
    await store.execute(
        "UPDATE outbox o SET id = overlay(o.id::text placing lpad(to_hex(9999 - w.place), 8, '0') from 1 for 8)::uuid"
        " FROM (SELECT id, row_number() OVER (ORDER BY created_at)::integer AS place FROM outbox) w WHERE w.id = o.id"
    )
    provider = Provider()
    await delivery(provider)
    await all_sent(store)
    assert [row.body for row in provider.accepted] == written
    assert await store.violations() == {}


async def test_in_a_crowd_the_rows_of_before_do(database_url: str) -> None:
    """Reading them queues for a connection with everybody: who asks goes on with the old ones meanwhile."""
    pool = await create_pool(database_url, size=1)
    configs = ChannelConfigs(pool, max_age_s=0.0)
    assert (await configs.get("email")).enabled
    async with pool.acquire() as crowd:
        await crowd.execute("UPDATE channel_configs SET enabled = false WHERE channel = 'email'")
        assert (await configs.get("email")).enabled
    await eventually(lambda: _off(configs))
    await pool.close()


async def _off(configs: ChannelConfigs) -> bool:
    return not (await configs.get("email")).enabled
