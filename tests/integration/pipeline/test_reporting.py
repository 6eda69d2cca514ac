"""M1: the collector looks at real turns and publishes what it finds."""

from __future__ import annotations

import pytest

from db.ids import new_id
from deployments.reporting.collector import AlertRules, Collector
from tests.fixtures.office import Office, office
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually

__all__ = ["office"]


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
    await store.execute("UPDATE decision_records SET latency_ms = 7200, quiet_ms = 2500, model_ms = 500")
    collector = Collector(pool=store.pool, rules=AlertRules(min_turns=1))
    assert await collector.run_once() == ["mean latency 4.2 s is above 3.0 s (beside it: quiet gap 2.5 s, model 0.5 s)"]
    [event] = await store.rows("SELECT value FROM events WHERE topic = 'fte.metrics'")
    assert {name: event["value"][f"mean_{name}_ms"] for name in ("latency", "quiet", "model")} == {
        "latency": 4200, "quiet": 2500, "model": 500
    }  # fmt: skip


async def test_m1_the_quiet_gap_and_the_models_time_raise_no_alert(store: Store) -> None:
    await store.pipeline().handle(await store.form("A question"))
    await store.execute("UPDATE decision_records SET latency_ms = 29000, quiet_ms = 12000, model_ms = 15000")
    assert await Collector(pool=store.pool, rules=AlertRules(min_turns=1)).run_once() == []


async def test_m1_dead_letters_are_an_alert_until_they_are_replayed(store: Store) -> None:
    await store.execute("INSERT INTO dead_letters (id, topic, value, cause) SELECT $1, 'inbox', '', 'x'", new_id())
    collector = Collector(pool=store.pool, rules=AlertRules())
    assert await collector.run_once() == ["dead letters: 1 in 300 s, see `nightdesk dlq list`"]
    assert await Collector(pool=store.pool, rules=AlertRules(dead_letters=1)).run_once() == []
    await store.execute("UPDATE dead_letters SET state = 'replayed'")
    assert await collector.run_once() == []


async def test_m1_a_turns_quiet_gap_is_measured_apart(office: Office) -> None:
    store = office.store
    wake = await office.chat("How do I log in?", sid="SM1", quiet_s=0.3)
    await eventually(lambda: store.value("SELECT not_before <= now() FROM conversations"))
    await office.pipeline().handle(wake)
    [record] = await store.rows("SELECT quiet_ms, latency_ms FROM decision_records")
    assert record["quiet_ms"] == pytest.approx(300, abs=100)
    assert record["latency_ms"] >= record["quiet_ms"]


async def test_m1_a_form_has_no_quiet_gap(store: Store) -> None:
    await store.pipeline().handle(await store.form("A question"))
    assert await store.value("SELECT quiet_ms FROM decision_records") == 0
