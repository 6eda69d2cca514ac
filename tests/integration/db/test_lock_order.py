"""Concurrent work on one customer waits for its locks in one order: no deadlocks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from db.identity import merges, privacy
from db.ids import new_id
from db.pool import acquire, transaction
from db.staff import actions
from db.staff.actions import NewStaffReply
from db.tickets import ticket_life
from tests.fakes.nodes import ScriptedAgent
from tests.fixtures.people import accept, handled, mail, whatsapp
from tests.fixtures.store import Store, plain_logs, store
from tests.fixtures.waiting import eventually

__all__ = ["plain_logs", "store"]


async def one_connection_waits(store: Store) -> None:
    """Return when a connection waits for what another holds."""

    async def so() -> object:
        return await store.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )

    await eventually(so, within_s=5)


async def run_during_staff_action(store: Store, other: Coroutine[Any, Any, Any], *, says: str | None = None) -> None:
    """A person takes the only conversation over, or writes there; `other` begins while they hold it, and ends after."""
    async with transaction(store.pool) as connection:
        at = await actions.lock(connection, await store.value("SELECT id FROM conversations"))
        assert at is not None
        meanwhile = asyncio.create_task(other)
        await asyncio.sleep(0.3)
        if says is None:
            await actions.take_over(connection, at, "ann")
        else:
            await actions.reply(
                connection, at, NewStaffReply(message_id=new_id(), outbox_id=new_id(), text=says, key=None)
            )
        await actions.record(connection, at.conversation_id, "take_over", "ann")
    await meanwhile


async def erase(store: Store, customer: UUID) -> None:
    async with transaction(store.pool) as connection:
        assert await privacy.erase(connection, customer, by="ann")


async def test_a_message_that_joins_waits_for_a_take_over(store: Store) -> None:
    assert await handled(store, whatsapp()) == "answered"
    await run_during_staff_action(store, accept(store, whatsapp("And a list?", quiet_s=0.01)))
    assert await store.value("SELECT status FROM tickets") == "escalated"


async def test_a_closing_ticket_does_not_deadlock_with_a_take_over(store: Store) -> None:
    assert await handled(store, whatsapp()) == "answered"
    await store.execute("UPDATE outbox SET state = 'sent'")
    await store.execute("UPDATE tickets SET status = 'resolved'")

    async def close() -> None:
        async with acquire(store.pool) as connection:
            soon = datetime.now(UTC) + timedelta(days=1)
            assert await ticket_life.close_resolved(connection, resolved_since=soon, limit=9) == 0

    await run_during_staff_action(store, close())
    assert await store.value("SELECT status FROM tickets") == "escalated"


async def test_an_erasure_waits_for_a_turn_that_ends(store: Store) -> None:
    await accept(store, whatsapp())
    customer = await store.value("SELECT id FROM customers")
    agent = ScriptedAgent(delay_s=0.3)
    turn = asyncio.create_task(handled(store, whatsapp("And a list?"), agent=agent))
    await asyncio.sleep(0.15)
    async with transaction(store.pool) as connection:
        # Somebody holds the conversation for a moment: the turn has its lease in hand and waits to be written.
        await actions.lock(connection, await store.value("SELECT id FROM conversations"))
        await one_connection_waits(store)
        erasing = asyncio.create_task(erase(store, customer))
        await asyncio.sleep(0.3)
    assert await turn == "answered"
    await erasing
    assert await store.value("SELECT count(*) FROM messages") == 0


async def test_an_erasure_waits_for_a_staff_reply(store: Store) -> None:
    assert await handled(store, whatsapp()) == "answered"
    await run_during_staff_action(store, erase(store, await store.value("SELECT id FROM customers")), says="Hello")
    assert await store.value("SELECT count(*) FROM messages") == 0


async def test_an_erasure_during_a_merge_removes_both_customers(store: Store) -> None:
    for message in (mail(), whatsapp()):
        assert await handled(store, message) == "answered"
    mine = await store.value("SELECT customer_id FROM conversations WHERE channel = 'email'")
    other = await store.value("SELECT customer_id FROM conversations WHERE channel = 'whatsapp'")
    async with transaction(store.pool) as connection:
        await merges.merge(connection, winner=other, loser=mine, tier=3, actor="staff:ann", evidence="he said so")
        erasing = asyncio.create_task(erase(store, mine))
        await one_connection_waits(store)
    await erasing
    assert await store.value("SELECT count(*) FROM messages") == 0
