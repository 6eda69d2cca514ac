"""The statements of the message path by themselves: leases, events, dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from db.intake import web_form
from db.intake.web_form import NewForm
from db.measurement import metrics
from db.operations import dead_letters, events, node_status
from db.operations.events import LogPosition, Published
from db.pool import Pool, acquire, create_pool
from db.turns import leases
from ingest.events import INCOMING
from ingest.web_form import SupportForm, new_form


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await create_pool(database_url, size=8)
    yield pool
    await pool.close()


async def filed(pool: Pool, email: str = "ann@example.com") -> NewForm:
    body = SupportForm(
        name="Ann Lee", email=email, subject="A question", category="how_to", message="How do I export a board?"
    )
    form = new_form(body, key=None, now=datetime.now(UTC))
    async with acquire(pool) as connection:
        await web_form.accept_form(connection, form)
    return form


async def value(pool: Pool, query: str, *arguments: object) -> Any:
    async with acquire(pool) as connection:
        return await connection.fetchval(query, *arguments)


async def test_k1_of_many_who_want_a_lease_one_gets_it(pool: Pool) -> None:
    form = await filed(pool)

    async def take(holder: str) -> int:
        async with acquire(pool) as connection:
            return len(await leases.take(connection, [form.inbox_id], holder))

    assert sum(await asyncio.gather(*(take(f"h{n}") for n in range(8)))) == 1


async def test_two_messages_of_a_customer_are_one_lease(pool: Pool) -> None:
    first, second = await filed(pool), await filed(pool)
    other = await filed(pool, "bob@example.com")
    async with acquire(pool) as connection:
        taken = await leases.take(connection, [first.inbox_id, second.inbox_id, other.inbox_id], "me")
    assert len(taken) == 2
    assert other.inbox_id in taken


async def test_a_finished_customer_is_not_leased(pool: Pool) -> None:
    form = await filed(pool)
    async with acquire(pool) as connection:
        await connection.execute("UPDATE inbox SET state = 'answered'")
        assert await leases.take(connection, [form.inbox_id], "me") == {}


async def test_a_lapsed_lease_moves_on_with_a_higher_token(pool: Pool) -> None:
    form = await filed(pool)
    async with acquire(pool) as connection:
        old = (await leases.take(connection, [form.inbox_id], "old", seconds=0.0))[form.inbox_id]
        new = (await leases.take(connection, [form.inbox_id], "new"))[form.inbox_id]
        assert new.token > old.token
        assert await leases.renew(connection, [old]) == set()
        assert await leases.renew(connection, [new]) == {new.customer_id}
        await leases.release(connection, [old])
        assert await leases.take(connection, [form.inbox_id], "third") == {}
        await leases.release(connection, [new])
        assert len(await leases.take(connection, [form.inbox_id], "third")) == 1


async def test_k3_an_event_is_claimed_by_one_relay_and_given_back_by_a_dead_one(pool: Pool) -> None:
    for n in range(10):
        await filed(pool, f"c{n}@example.com")

    async def claim(lease_s: float = 30.0) -> int:
        async with acquire(pool) as connection:
            return len(await events.lease_due(connection, limit=4, lease_s=lease_s))

    assert sum(await asyncio.gather(*(claim() for _ in range(5)))) == 10
    assert await claim() == 0
    await value(pool, "UPDATE events SET lease_until = now() - interval '1 s'")
    assert await claim() == 4


async def published(pool: Pool, *, offset: int, age_s: float = 60.0) -> NewForm:
    """A message whose record stands at an offset of partition 0 since a while."""
    form = await filed(pool, f"c{offset}@example.com")
    async with acquire(pool) as connection:
        await events.mark_published(connection, [Published(event_id=form.event_id, partition=0, offset=offset)])
        await connection.execute("UPDATE inbox SET received_at = now() - make_interval(secs => $1)", age_s)
        await connection.execute(
            "UPDATE events SET published_at = now() - make_interval(secs => $1), attempts = 1", age_s
        )
    return form


async def repeated(pool: Pool, *, first: int = 0, committed: int | None = None, ending: int = 100) -> int:
    position = LogPosition(partition=0, first=first, committed=committed, ending=ending)
    async with acquire(pool) as connection:
        return len(await events.repeat_lost(connection, INCOMING, [position], min_age_s=3.0))


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ({"committed": None}, 0),  # a backlog of a group that has not begun
        ({"committed": 5}, 0),  # a backlog
        ({"committed": 10}, 0),  # the next to be read
        ({"committed": 11}, 1),  # read, and not finished
        ({"committed": None, "ending": 10}, 1),  # the log ends before it: it was lost
        ({"committed": 5, "first": 11}, 1),  # retention has removed it
    ],
)
async def test_t_k3_only_lost_records_are_repeated(pool: Pool, position: dict[str, Any], expected: int) -> None:
    await published(pool, offset=10)
    assert await repeated(pool, **position) == expected


@pytest.mark.parametrize(
    "otherwise",
    [
        "UPDATE inbox SET state = 'answered'",
        "UPDATE inbox SET retry_at = now() + interval '1 minute'",
        "UPDATE inbox SET received_at = now()",
        "UPDATE events SET published_at = now()",
        "UPDATE conversations SET not_before = now() + interval '1 minute'",
        "INSERT INTO customer_leases SELECT id, 1, 'x', now() + interval '10 s' FROM customers",
    ],
)
async def test_finished_delayed_and_leased_messages_are_not_repeated(pool: Pool, otherwise: str) -> None:
    await published(pool, offset=10)
    await value(pool, otherwise)
    assert await repeated(pool, committed=50) == 0


async def test_repetitions_back_off(pool: Pool) -> None:
    await published(pool, offset=10, age_s=20)
    await value(pool, "UPDATE events SET attempts = 4")  # 3 s, doubled three times: 24 s
    assert await repeated(pool, committed=50) == 0
    await value(pool, "UPDATE events SET published_at = now() - interval '25 s'")
    assert await repeated(pool, committed=50) == 1


async def test_k4_an_offset_is_dead_lettered_once_and_another_record_there_separately(pool: Pool) -> None:
    async def dead_letter(value: bytes) -> bool:
        async with acquire(pool) as connection:
            return await dead_letters.dead_letter(
                connection, topic="t", partition=0, offset=7, key="k", value=value, cause="bad", announce_on="dlq"
            )

    assert [await dead_letter(b"one"), await dead_letter(b"one"), await dead_letter(b"two")] == [True, False, True]
    async with acquire(pool) as connection:
        letters = await dead_letters.list_recent(connection)
        assert {letter.value for letter in letters} == {b"one", b"two"}
        assert await dead_letters.get(connection, letters[0].id) == letters[0]
        assert await dead_letters.list_recent(connection, state="replayed") == []
    assert await value(pool, "SELECT count(*) FROM events WHERE topic = 'dlq'") == 2


async def test_a_nodes_status_is_replaced_and_removed_when_it_ends(pool: Pool) -> None:
    async with acquire(pool) as connection:
        await node_status.report(connection, "ingest", "a", "healthy")
        await node_status.report(connection, "ingest", "a", "degraded", "Kafka: away")
        row = await connection.fetchrow("SELECT status, detail FROM node_status")
        assert (row["status"], row["detail"]) == ("degraded", "Kafka: away")
        await node_status.forget(connection, "ingest", "a")
    assert await value(pool, "SELECT count(*) FROM node_status") == 0


async def test_a_window_counts_turns_and_means(pool: Pool) -> None:
    async with acquire(pool) as connection:
        window = await metrics.window(connection, seconds=300)
    assert (window.turns, window.escalation_rate, window.mean_latency_ms) == (0, 0.0, None)
