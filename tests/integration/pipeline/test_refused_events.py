"""An event that the broker refuses stops no other: those beside it are written once, and it ends as a dead letter."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from db.operations import events
from db.pool import acquire
from ingest.bus.relay import MOST_REFUSALS, Relay
from ingest.bus.topics import client_options
from ingest.events import INCOMING, InboundMessage
from serve_app.settings.app_args import KafkaArgs
from tests.fixtures.kafka_log import values_in
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually


async def topic_with_limit(kafka: KafkaArgs, limit: int) -> None:
    """Make the topic of the wakes so that it takes no batch of more bytes, with one partition."""
    admin = AIOKafkaAdminClient(**client_options(kafka))
    await admin.start()
    try:
        await admin.create_topics([NewTopic(INCOMING, 1, 1, topic_configs={"max.message.bytes": str(limit)})])
    finally:
        await admin.close()


async def written(kafka: KafkaArgs) -> list[dict[str, Any]]:
    """The values of every record on the topic of the wakes."""
    return [json.loads(value) for value in await values_in(INCOMING, **client_options(kafka))]


@pytest.fixture
async def relay(store: Store, kafka: KafkaArgs) -> AsyncIterator[Relay]:
    """A relay; the test starts it."""
    relay = Relay(pool=store.pool, kafka=kafka)
    yield relay
    await relay.stop()


async def four_wakes(store: Store, *, refused: int, size: int) -> tuple[list[InboundMessage], InboundMessage]:
    """Four forms, one of which has a record of `size` characters more; returns the others and that one."""
    forms = [await store.form(f"Question number {n}", email=f"c{n}@example.com") for n in range(4)]
    await store.execute(
        "UPDATE events SET value = jsonb_set(value, '{subject}', to_jsonb(repeat('x', $2))) WHERE inbox_id = $1",
        forms[refused].inbox_id,
        size,
    )
    return forms[:refused] + forms[refused + 1 :], forms[refused]


async def published(store: Store, count: int) -> None:
    async def so() -> bool:
        return bool(await store.value("SELECT count(*) FROM events WHERE state = 'published'") >= count)

    await eventually(so)


async def put_off(store: Store, count: int) -> dict[str, Any]:
    """Wait until so many events were published and the only other one was refused; returns that one."""
    await published(store, count)
    refused = "SELECT count(*) FROM events WHERE state = 'pending' AND refusals > 0"
    await eventually(lambda: store.value(refused))
    [event] = await store.rows("SELECT * FROM events WHERE state = 'pending'")
    return event


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        pytest.param(2_000, 3_000, id="in one batch with the others"),
        pytest.param(20_000, 50_000, id="in a batch of its own"),
        pytest.param(1_000_000, 2_000_000, id="too large for the client"),
    ],
)
@pytest.mark.parametrize("refused", [0, 3])
async def test_the_wakes_beside_a_refused_one_are_written_once(
    store: Store, kafka: KafkaArgs, relay: Relay, limit: int, size: int, refused: int
) -> None:
    await topic_with_limit(kafka, limit)
    good, bad = await four_wakes(store, refused=refused, size=size)
    relay.start()
    event = await put_off(store, 3)
    assert event["inbox_id"] == bad.inbox_id
    assert event["refusals"] == 1
    assert event["retry_at"] is not None
    assert relay.connected
    assert sorted(value["inbox_id"] for value in await written(kafka)) == sorted(str(form.inbox_id) for form in good)


async def test_an_event_for_a_topic_that_does_not_exist_stops_no_other(
    store: Store, kafka: KafkaArgs, relay: Relay
) -> None:
    async with acquire(store.pool) as connection:
        await events.add(connection, "no.such.topic", "key", {"v": 1})
    for n in range(3):
        await store.form(f"Question number {n}", email=f"c{n}@example.com")
    relay.start()
    event = await put_off(store, 3)
    assert (event["topic"], event["refusals"]) == ("no.such.topic", 1)
    assert len(await written(kafka)) == 3


async def test_the_pauses_of_a_refused_event_grow(store: Store) -> None:
    async with acquire(store.pool) as connection:
        event_id = await events.add(connection, "t", "key", {"v": 1})
        pauses: list[int] = []
        for _ in range(4):
            before = await connection.fetchval("SELECT clock_timestamp()")
            assert await events.put_off(connection, [event_id]) == {event_id: len(pauses) + 1}
            pause = "SELECT floor(extract(epoch FROM retry_at - $1::timestamptz))::integer FROM events"
            pauses.append(await connection.fetchval(pause, before))
    # Counted from before each: what the machine took is in it too, and no pause lies within another's reach.
    assert all(pause <= found < 2 * pause for pause, found in zip([5, 10, 20, 40], pauses, strict=True)), pauses


async def test_a_wake_that_is_always_refused_is_dead_lettered_and_its_message_woken_by_its_ids(
    store: Store, kafka: KafkaArgs, relay: Relay
) -> None:
    await topic_with_limit(kafka, 2_000)
    _, bad = await four_wakes(store, refused=1, size=3_000)
    await store.execute("UPDATE events SET refusals = $2 WHERE inbox_id = $1", bad.inbox_id, MOST_REFUSALS - 1)
    relay.start()
    await published(store, 5)  # three wakes, the announcement and the bare event
    [letter] = await store.rows("SELECT * FROM dead_letters")
    assert letter["cause"].startswith("the broker refuses it: MessageSizeTooLargeError")
    assert json.loads(letter["value"])["inbox_id"] == str(bad.inbox_id)
    [announced] = await store.rows("SELECT value FROM events WHERE topic = 'fte.tickets.dlq'")
    assert announced["value"]["id"] == str(letter["id"])
    [bare] = [value for value in await written(kafka) if value["inbox_id"] == str(bad.inbox_id)]
    assert InboundMessage.model_validate(bare).subject == ""
    assert await store.all_published()


async def test_a_bare_event_is_never_given_up(store: Store, kafka: KafkaArgs, relay: Relay) -> None:
    await topic_with_limit(kafka, 2_000)
    _, bad = await four_wakes(store, refused=1, size=3_000)
    await store.execute(
        'UPDATE events SET refusals = $2, headers = \'{"bare": "1"}\' WHERE inbox_id = $1',
        bad.inbox_id,
        MOST_REFUSALS,
    )
    relay.start()
    await published(store, 3)

    async def put_off() -> bool:
        count = await store.value("SELECT refusals FROM events WHERE inbox_id = $1", bad.inbox_id)
        return bool(count == MOST_REFUSALS + 1)

    await eventually(put_off)
    assert await store.value("SELECT count(*) FROM dead_letters") == 0
