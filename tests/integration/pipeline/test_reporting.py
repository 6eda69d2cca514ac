"""M1: the collector looks at real turns and publishes what it finds."""

from __future__ import annotations

from deployments.reporting.collector import AlertRules, Collector
from tests.fixtures.store import Store


async def test_m1_too_many_hand_overs_raise_a_published_alert(store: Store) -> None:
    pipeline = store.pipeline()
    for n in range(4):
        await pipeline.handle(await store.form("HANDOVER please" if n < 2 else "A question", email=f"c{n}@example.com"))
    collector = Collector(pool=store.pool, rules=AlertRules(min_turns=4))
    assert await collector.run_once() == ["escalation rate 50% is above 25%"]
    [event] = await store.rows("SELECT value FROM events WHERE topic = 'fte.metrics'")
    assert (event["value"]["turns"], event["value"]["escalated"]) == (4, 2)
    assert event["value"]["alerts"] == collector.alerts


async def test_m1_no_alert_below_the_minimum_sample_and_no_event_without_turns(store: Store) -> None:
    collector = Collector(pool=store.pool)
    assert await collector.run_once() == []
    assert await store.value("SELECT count(*) FROM events") == 0
    await store.pipeline().handle(await store.form("HANDOVER please"))
    assert await collector.run_once() == []


async def test_m1_slow_replies_raise_an_alert(store: Store) -> None:
    await store.pipeline().handle(await store.form("A question"))
    await store.execute("UPDATE decision_records SET latency_ms = 4200")
    collector = Collector(pool=store.pool, rules=AlertRules(min_turns=1))
    assert await collector.run_once() == ["mean latency 4.2 s is above 3.0 s"]
