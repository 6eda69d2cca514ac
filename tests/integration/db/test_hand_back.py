"""S7: what dead processes held is due at once; nothing that a provider may have is sent again unasked."""

from __future__ import annotations

from db.operations.hand_back import HandedBack, hand_back
from db.outbound import outbox
from db.pool import transaction
from tests.fixtures.store import Store, plain_logs, store

__all__ = ["plain_logs", "store"]


async def test_s7_every_lease_of_dead_processes_is_ended_at_once(store: Store) -> None:
    pipeline = store.pipeline()
    for name in ("web", "mail"):
        await pipeline.handle(await store.form("How do I export a board?", email=f"{name}@example.com"))
    await store.execute("UPDATE outbox SET channel = 'email' WHERE recipient = 'mail@example.com'")
    cut = await store.form("How do I log in?", email="cut@example.com")
    async with transaction(store.pool) as connection:
        for channel in ("web_form", "email"):
            assert len(await outbox.lease_due(connection, channel, limit=5, lease_s=3600)) == 1
    await store.execute("UPDATE events SET lease_until = now() + interval '1 hour' WHERE state = 'pending'")
    await store.execute(
        "INSERT INTO customer_leases (customer_id, holder, lease_until)"
        " SELECT customer_id, 'dead', now() + interval '1 hour' FROM conversations WHERE sender_key LIKE '%cut%'"
    )
    assert await pipeline.handle(cut) == "idle"
    events = await store.value("SELECT count(*)::integer FROM events WHERE state = 'pending'")

    async with transaction(store.pool) as connection:
        ended = await hand_back(connection)
    assert ended == HandedBack(turns=1, replies=2, look_ups=0, events=events, mailboxes=0, notifications=0)
    rows = await store.rows("SELECT channel, state FROM outbox ORDER BY channel")
    assert [(row["channel"], row["state"]) for row in rows] == [("email", "unknown"), ("web_form", "ready")]
    assert await pipeline.handle(cut) == "answered"
    assert await store.violations(within_s=3600) == {}


async def test_s7_without_leases_nothing_is_changed(store: Store) -> None:
    await store.pipeline().handle(await store.form("How do I export a board?"))
    before = await store.rows("SELECT state, attempts, next_attempt_at FROM outbox")
    async with transaction(store.pool) as connection:
        ended = await hand_back(connection)
    assert ended == HandedBack(turns=0, replies=0, look_ups=0, events=0, mailboxes=0, notifications=0)
    assert await store.rows("SELECT state, attempts, next_attempt_at FROM outbox") == before
