"""Concurrent work on one customer waits for its locks in one order: no deadlocks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from db.identity import merges, privacy
from db.identity.exclusive import CustomerBusyError
from db.ids import new_id
from db.pool import acquire, transaction
from db.staff import actions
from db.staff.actions import NewStaffReply
from db.tickets import ticket_life
from tests.fakes.nodes import ScriptedAgent
from tests.fixtures.people import accept, handled, mail, whatsapp
from tests.fixtures.store import Store, plain_logs, store
from tests.fixtures.waiting import PATIENCE_S

__all__ = ["plain_logs", "store"]


async def run_during_staff_action(store: Store, other: Coroutine[Any, Any, Any], *, says: str | None = None) -> None:
    """A person takes the only conversation over, or writes there; `other` begins while they hold it, and ends after."""
    async with transaction(store.pool) as connection:
        at = await actions.lock(connection, await store.value("SELECT id FROM conversations"))
        assert at is not None
        meanwhile = asyncio.create_task(other)
        await asyncio.sleep(0.3)  # it tries, or waits; where the machine is too slow for that, it comes after
        if says is None:
            await actions.take_over(connection, at, "ann")
        else:
            await actions.reply(
                connection,
                at,
                NewStaffReply(message_id=new_id(), outbox_id=new_id(), text=says, written=says, key=None),
            )
        await actions.record(connection, at.conversation_id, "take_over", "ann")
    await meanwhile


async def erase(store: Store, customer: UUID) -> None:
    """Erase, and try again while others keep a row for longer than an erasure tries, as on a slow machine."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(CustomerBusyError):
                async with transaction(store.pool) as connection:
                    assert await privacy.erase(connection, customer, by="ann")
                return


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
    agent = ScriptedAgent()
    agent.hold()
    turn = asyncio.create_task(handled(store, whatsapp("And a list?"), agent=agent))
    await agent.thinking()
    async with transaction(store.pool) as connection:
        # Somebody holds the conversation for a moment: the turn has its lease in hand and waits to be written.
        await actions.lock(connection, await store.value("SELECT id FROM conversations"))
        agent.let_go()
        await store.locked_out()
        erasing = asyncio.create_task(erase(store, customer))
        await store.locked_out(connections=2)
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
        await store.locked_out()
    await erasing
    assert await store.value("SELECT count(*) FROM messages") == 0
