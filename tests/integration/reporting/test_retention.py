"""D7: what is kept for a time only goes when that is over, however fast it comes; what still waits stays at any age."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
import pytest

from db.operations.events import Published, mark_published
from db.pool import acquire
from db.turns import decisions
from deployments.reporting.retention import Periods, Retention
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TABLES = ("events", "agent_metrics", "rate_limits")
FILL_EVENTS = """
    INSERT INTO events (id, topic, key, value, state, log_partition, log_offset, created_at, published_at)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
            || '8' || substr(md5(n::text), 4, 15))::uuid,
           'fte.tickets.incoming', 'email:c' || n || '@example.com',
           jsonb_build_object('content', repeat('How do I export a board? ', 8)), 'published', 0, n, at, at
    FROM generate_series(1, $2) n, LATERAL (SELECT $1::timestamptz + n * interval '6 hours' / ($2 + 1) AS at) moment"""
FILL_METRICS = """
    INSERT INTO agent_metrics (metric_type, channel, value, conversation_id, recorded_at)
    SELECT 'sentiment', 'email', 1, gen_random_uuid(), $1::timestamptz + n * interval '6 hours' / ($2 + 1)
    FROM generate_series(1, $2) n"""
FILL_WINDOWS = """
    INSERT INTO rate_limits (key, window_start, hits)
    SELECT 'address-' || n, $1::timestamptz + n * interval '6 hours' / ($2 + 1), 1 FROM generate_series(1, $2) n"""
SIZE = """
    SELECT (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('agent_metrics') WHERE isleaf)::bigint
               AS agent_metrics,
           pg_total_relation_size('events') AS events, pg_total_relation_size('rate_limits') AS rate_limits"""
ROWS = """
    SELECT (SELECT count(*) FROM agent_metrics) AS agent_metrics, (SELECT count(*) FROM events) AS events,
           (SELECT count(*) FROM rate_limits) AS rate_limits"""
METRIC = "INSERT INTO agent_metrics (metric_type, channel, value, recorded_at) VALUES ('sentiment', 'email', 1, $1)"
CALLS = [
    {"name": name, "arguments": {"query": "private"}, "result": f"{name} private", "ok": True, "duration_ms": 1.0}
    for name in ("create_ticket", "search_knowledge_base")
]


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def midnight_in(days: int) -> datetime:
    """The beginning of a day (UTC) so many days from today. From the eighth on no metrics of before are in the way."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + days * DAY


def retention(store: Store, clock: Clock, *, batch: int = 300) -> Retention:
    """Events for a day, metrics for a day, details for 90."""
    return Retention(pool=store.pool, periods=Periods(metrics=DAY), clock=clock, batch=batch)


async def days_of_metrics(store: Store) -> list[str]:
    rows = await store.rows(
        "SELECT relid::regclass::text AS name FROM pg_partition_tree('agent_metrics') WHERE isleaf ORDER BY 1"
    )
    return [row["name"].removeprefix("agent_metrics_") for row in rows]


async def a_quarter(store: Store, customers: Connection, clock: Clock, rows: int) -> None:
    """Six hours of a day: rows come in, what is over goes, and vacuum does what autovacuum does in its time."""
    for fill, count in ((FILL_EVENTS, rows), (FILL_METRICS, 2 * rows), (FILL_WINDOWS, rows // 4)):
        await customers.execute(fill, clock.now, count)
    clock.now += 6 * HOUR
    task = retention(store, clock, batch=max(300, rows // 200))
    await asyncio.gather(task.events(), task.short_lived())
    await eventually(lambda: old_days_are_gone(store, clock), within_s=60)
    await customers.execute(f"VACUUM {', '.join(TABLES)}")


async def old_days_are_gone(store: Store, clock: Clock) -> bool:
    """Look once more: while autovacuum is at a day's table, it is not dropped."""
    await retention(store, clock).metrics()
    day = clock.now.replace(hour=0) - DAY
    return not await store.value("SELECT count(*) FROM agent_metrics WHERE recorded_at < $1", day)


@pytest.mark.parametrize(
    "rows", [1000, pytest.param(440_000, marks=[pytest.mark.full, pytest.mark.timeout(3600)])], ids=["slice", "20/s"]
)
async def test_tables_are_flat_from_the_day_on_at_which_their_time_is_over(
    store: Store, database_url: str, rows: int
) -> None:
    clock = Clock(midnight_in(8))
    customers = await asyncpg.connect(database_url)
    await retention(store, clock).metrics()
    counts, sizes = [], []
    for _ in range(6):
        for _ in range(4):
            await a_quarter(store, customers, clock, rows)
        counts += await store.rows(ROWS)
        sizes += await store.rows(SIZE)
    await customers.close()
    # Events of the last 24 hours, metrics of the day, windows of the last two hours.
    assert counts[1:] == [{"events": 4 * rows, "agent_metrics": 8 * rows, "rate_limits": rows // 12}] * 5
    for table in TABLES:
        assert max(size[table] for size in sizes[2:]) < 1.1 * sizes[1][table], f"{table}: {sizes}"


async def test_what_waits_stays_at_any_age_also_when_it_fills_whole_batches(store: Store) -> None:
    for n in range(24):
        await store.form("How do I export?", email=f"c{n}@example.com")
    rows = await store.rows("SELECT id, inbox_id FROM events ORDER BY id")
    sent, waits, never_sent = rows[:20], rows[:12], rows[20:]
    async with acquire(store.pool) as connection:
        await mark_published(connection, [Published(event_id=r["id"], partition=0, offset=1) for r in sent])
    await store.execute(
        "UPDATE inbox SET state = 'answered' WHERE id <> ALL ($1::uuid[])", [row["inbox_id"] for row in waits]
    )
    task = retention(store, Clock(datetime.now(UTC) + 400 * DAY), batch=5)
    assert await task.events() == 8
    left = await store.rows("SELECT id FROM events ORDER BY id")
    assert [row["id"] for row in left] == [row["id"] for row in [*waits, *never_sent]]
    await store.execute("UPDATE inbox SET state = 'answered'")
    assert await task.events() == 12
    assert await store.value("SELECT count(*) FROM events") == len(never_sent)


async def test_events_stay_for_their_time(store: Store) -> None:
    clock = Clock(midnight_in(0))
    await store.execute(FILL_EVENTS, clock.now - DAY, 100)
    assert await retention(store, clock).events() == 0
    clock.now += 6 * HOUR
    assert await retention(store, clock).events() == 100


async def test_days_of_metrics_are_made_ahead_and_dropped_whole(store: Store) -> None:
    first = midnight_in(8)
    clock = Clock(first + HOUR)
    await retention(store, clock).metrics()
    names = [f"{first + n * DAY:%Y%m%d}" for n in range(8)]
    assert set(names) <= set(await days_of_metrics(store))
    await store.execute(METRIC, first + HOUR)
    await store.execute(METRIC, first + 25 * HOUR)
    clock.now = first + 2 * DAY - timedelta(seconds=1)
    await retention(store, clock).metrics()
    assert names[0] in await days_of_metrics(store)
    clock.now = first + 2 * DAY
    await asyncio.gather(*(retention(store, clock).metrics() for _ in range(3)))
    await eventually(lambda: old_days_are_gone(store, clock), within_s=60)
    assert names[0] not in await days_of_metrics(store)
    assert await store.value("SELECT count(*) FROM agent_metrics") == 1


async def test_a_metric_whose_day_was_not_made_is_kept_and_goes_in_its_time(store: Store) -> None:
    far = midnight_in(10)
    clock = Clock(far - DAY)
    await store.execute(METRIC, far + HOUR)
    await retention(store, clock).metrics()
    made = await days_of_metrics(store)
    assert f"{far:%Y%m%d}" not in made
    assert f"{far + DAY:%Y%m%d}" in made
    assert await store.value("SELECT count(*) FROM agent_metrics_default") == 1
    clock.now = far + 25 * HOUR
    assert await retention(store, clock).metrics() == 0
    clock.now += timedelta(seconds=1)
    assert await retention(store, clock).metrics() == 1


async def test_nobody_waits_for_a_day_to_be_dropped_while_the_table_is_read(store: Store) -> None:
    first = midnight_in(8)
    await retention(store, Clock(first)).metrics()
    task = retention(store, Clock(first + 3 * DAY))
    async with acquire(store.pool) as reader:
        async with reader.transaction():
            await reader.fetchval("SELECT count(*) FROM agent_metrics")
            await task.metrics()
            await store.execute(METRIC, first)
        assert f"{first:%Y%m%d}" in await days_of_metrics(store)

    async def dropped() -> bool:
        await task.metrics()
        return f"{first:%Y%m%d}" not in await days_of_metrics(store)

    await eventually(dropped, within_s=60)


async def test_settled_notifications_go_after_30_days_and_due_ones_stay(store: Store) -> None:
    await store.execute(
        "INSERT INTO notifications (key, body, state, created_at) "
        "SELECT 'alert:' || n, 'slow', CASE WHEN n % 2 = 0 THEN 'sent' ELSE 'ready' END, "
        "now() - make_interval(days => n) FROM generate_series(1, 60) n"
    )
    assert await retention(store, Clock(datetime.now(UTC) - HOUR), batch=4).notifications() == 15
    left = "SELECT count(*) FROM notifications WHERE state = 'sent' AND created_at < now() - interval '31 days'"
    assert await store.value(left) == 0
    assert await store.value("SELECT count(*) FROM notifications") == 45


async def test_the_texts_of_tool_calls_go_and_the_record_stays(store: Store) -> None:
    pipeline = store.pipeline()
    for email in ("ann@example.com", "bob@example.com"):
        await pipeline.handle(await store.form("How do I export?", email=email))
    await store.execute("UPDATE decision_records SET tool_calls = $1", CALLS)
    old, new = store.numbers
    await store.execute(
        "UPDATE decision_records SET created_at = now() - interval '91 days' "
        "WHERE ticket_id = (SELECT id FROM tickets WHERE number = $1)",
        old,
    )
    task = retention(store, Clock(datetime.now(UTC)))
    assert [await task.details(), await task.details()] == [1, 0]
    assert await calls_of(store, new) == CALLS
    assert await calls_of(store, old) == [
        {**CALLS[0], "arguments": {}},
        {**CALLS[1], "arguments": {}, "result": ""},
    ]


async def calls_of(store: Store, number: str) -> list[dict[str, object]]:
    async with acquire(store.pool) as connection:
        ticket = await decisions.explain(connection, number)
    assert ticket is not None
    [turn] = ticket.turns
    assert turn.record is not None
    return [
        {"name": c.name, "arguments": c.arguments, "result": c.result, "ok": c.ok, "duration_ms": c.duration_ms}
        for c in turn.record.tool_calls
    ]
