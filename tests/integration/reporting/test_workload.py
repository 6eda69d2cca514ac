"""S5, M4: the work that waits is measured in the store, told by the reporting node, and known to nodes that scale."""

from __future__ import annotations

from prometheus_client import REGISTRY

from db.operations import node_status
from db.operations.workload import Workload
from db.pool import acquire
from deployments.reporting.workload import WorkloadMeter
from deployments.runtime.workload import WorkloadWatch
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually

FACTS: node_status.Facts = {"lag": 7, "partitions": 30, "outbox_age_s": 1.5}


async def test_m4_the_ages_of_what_waits_are_those_of_the_oldest(store: Store) -> None:
    meter = WorkloadMeter(store.pool)
    await meter.run_once()
    assert meter.ages is not None
    assert (meter.ages.inbound_s, set(meter.ages.outbox_s.values())) == (0.0, {0.0})

    for n in range(6):
        pipeline = store.pipeline()
        await pipeline.handle(await store.form(f"Question {n}", email=f"c{n}@example.com"))
    await store.form("One that waits", email="waits@example.com")
    await store.execute("UPDATE inbox SET received_at = now() - interval '7000 s' WHERE state = 'waiting'")
    ids = [row["id"] for row in await store.rows("SELECT id FROM outbox ORDER BY id")]
    for outbox_id, state, attempts, due_s, made_s in (
        (ids[0], "ready", 0, 4_000, 9_000),
        (ids[1], "ready", 3, -9_000, 8_000),  # tried and put off: not due yet
        (ids[2], "sending", 2, 0, 3_000),
        (ids[5], "sending", 1, 0, 6_000),  # the first try of a draft that was approved late: not late
        (ids[3], "unknown", 1, 0, 2_000),
        (ids[4], "parked", 1, 0, 5_000),
    ):
        await store.execute(
            """UPDATE outbox SET state = $2, attempts = $3, next_attempt_at = now() - make_interval(secs => $4),
                                 created_at = now() - make_interval(secs => $5) WHERE id = $1""",
            outbox_id,
            state,
            attempts,
            float(due_s),
            float(made_s),
        )
    await meter.run_once()
    wanted = {"ready": 4, "retried": 8, "sending": 3, "unknown": 2, "parked": 5}
    assert {state: age_s // 1_000 for state, age_s in meter.ages.outbox_s.items()} == wanted
    assert meter.ages.inbound_s // 1_000 == 7
    for state, age_s in meter.ages.outbox_s.items():
        assert REGISTRY.get_sample_value("nightdesk_outbox_age_seconds", {"state": state}) == age_s


async def test_m4_a_channel_is_degraded_while_one_of_its_readers_or_senders_says_so(store: Store) -> None:
    def shown() -> dict[str, float | None]:
        return {
            channel: REGISTRY.get_sample_value("nightdesk_channel_degraded", {"channel": channel})
            for channel in ("email", "whatsapp", "web_form")
        }

    meter = WorkloadMeter(store.pool)
    async with acquire(store.pool) as connection:
        await node_status.report(connection, "email", "reader", "healthy")
        await node_status.report(connection, "email", "sender", "degraded", "invalid_grant")
        await node_status.report(connection, "whatsapp", "sender", "healthy")
    await meter.run_once()
    assert shown() == {"email": 1, "whatsapp": 0, "web_form": 0}
    await store.execute("UPDATE node_status SET seen_at = now() - interval '1 hour' WHERE replica = 'sender'")
    await meter.run_once()
    assert shown() == {"email": 0, "whatsapp": 0, "web_form": 0}


async def test_s5_what_the_reporting_node_says_is_known_until_it_is_old(store: Store) -> None:
    now = 1_000.0
    watch = WorkloadWatch(store.pool, every_s=0.02, fresh_s=20, clock=lambda: now)
    assert watch.latest() is None
    async with acquire(store.pool) as connection:
        await node_status.report(connection, "reporting", "one", "healthy", facts=FACTS)

    def known() -> Workload | None:
        return watch.latest()

    await eventually(known)
    found = known()
    assert found is not None
    assert (found.lag, found.partitions, found.outbox_age_s) == (7, 30, 1.5)
    now += 25
    await eventually(known)  # read again meanwhile
    # The reporting node has stopped: what is read then is as old as its last word.
    await store.execute("UPDATE node_status SET seen_at = now() - interval '1 hour'")
    await eventually(lambda: known() is None)
    await watch.stop()
