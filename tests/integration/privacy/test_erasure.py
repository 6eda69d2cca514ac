"""D7, T-S10: the export of a customer's data, and no string of it in any table after the erasure."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.identity import merges, privacy
from db.intake.channels import ChannelMessage, accept_message
from db.operations import dead_letters
from db.pool import acquire, transaction
from ingest.events import DLQ, INCOMING
from tests.fakes.nodes import ScriptedAgent
from tests.fixtures.store import Store

CANARY = "zanzibar"
EMAIL, PHONE = f"{CANARY}@example.com", "+4915112345678"


async def tables(store: Store) -> list[str]:
    rows = await store.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [row["tablename"] for row in rows]


async def traces(store: Store, *needles: str) -> dict[str, int]:
    """How many rows of each table contain one of the needles, as text or inside bytes."""
    spelled = [form for needle in needles for form in (f"%{needle}%", f"%{needle.encode().hex()}%")]
    found = {
        name: await store.value(f'SELECT count(*) FROM "{name}" AS t WHERE t::text ILIKE ANY ($1::text[])', spelled)
        for name in await tables(store)
    }
    return {name: count for name, count in found.items() if count}


async def whatsapp(store: Store, content: str) -> None:
    """A message of the customer's telephone."""
    async with acquire(store.pool) as connection:
        await accept_message(
            connection,
            ChannelMessage(
                channel="whatsapp", provider="twilio", provider_message_id=f"SM{uuid4().hex}",
                identifier_type="whatsapp", identifier=PHONE, verified=True, content=content,
                received_at=datetime.now(UTC), topic=INCOMING, display_name=f"{CANARY} on the phone",
                join_key=f"whatsapp:{PHONE}",
            ),
        )  # fmt: skip


async def customer_with_history(store: Store) -> UUID:
    """Forms, answers, a hand-over, a message that failed for good, an unreadable record: all of one customer."""
    pipeline = store.pipeline(agent=ScriptedAgent(), retry_s=(0.0,))
    for message in (f"My {CANARY} board is gone", f"HANDOVER about {CANARY}", f"BROKEN {CANARY} thing"):
        await pipeline.handle(await store.form(message, email=EMAIL, phone=PHONE))
    await store.reply(store.numbers[1], f"Still about {CANARY}, please answer")
    async with acquire(store.pool) as connection:
        await dead_letters.dead_letter(
            connection, topic=INCOMING, partition=0, offset=7, key="unknown", value=f"{{{EMAIL} \xff".encode("latin-1"),
            cause="no JSON", announce_on=DLQ,
        )  # fmt: skip
    found: UUID = await store.value("SELECT id FROM customers WHERE filing_key = $1", f"email:{EMAIL}")
    return found


async def erase(store: Store, customer_id: UUID) -> privacy.Erased | None:
    async with transaction(store.pool) as connection:
        return await privacy.erase(connection, customer_id, by="ann")


async def test_t_s10_no_string_of_the_customer_is_left(store: Store) -> None:
    customer = await customer_with_history(store)
    ids = [str(row["id"]) for row in await store.rows("SELECT id FROM tickets UNION SELECT id FROM conversations")]
    before = await traces(store, CANARY, PHONE, *ids)
    assert {"customers", "messages", "inbox", "outbox", "events", "decision_records", "dead_letters"} <= set(before)
    erased = await erase(store, customer)
    assert erased is not None
    assert (erased.customers, erased.tickets, erased.dead_letters) == (1, 3, 2)
    assert await traces(store, CANARY, PHONE, str(customer), *ids) == {}
    assert await store.violations() == {}


async def test_h11_privacy_actions_keep_the_actor_and_only_a_hash_of_the_customer(store: Store) -> None:
    customer = await customer_with_history(store)
    async with acquire(store.pool) as connection:
        first = await privacy.export(connection, customer, by="bob")
        second = await privacy.export(connection, customer, by="ann")
        assert await privacy.erase(connection, customer, by="eve")
    assert first is not None
    assert second is not None
    assert first["privacy_actions"] == []
    [earlier] = second["privacy_actions"]
    assert (earlier["actor"], earlier["action"], earlier["counts"]["tickets"]) == ("bob", "export", 3)
    of = "SELECT actor, action FROM privacy_actions WHERE sha256(uuid_send(id) || uuid_send($1)) = ANY (customers)"
    kept = [tuple(row.values()) for row in await store.rows(f"{of} ORDER BY at, id", customer)]
    assert kept == [("bob", "export"), ("ann", "export"), ("eve", "erase")]
    assert await store.rows(of, uuid4()) == []
    assert (await traces(store, CANARY, PHONE, str(customer), customer.hex)).keys() == set()
    assert await store.value("SELECT counts ->> 'tickets' FROM privacy_actions WHERE action = 'erase'") == "3"


@pytest.mark.parametrize(
    "change", ["UPDATE privacy_actions SET actor = 'nobody'", "DELETE FROM privacy_actions", "TRUNCATE privacy_actions"]
)
async def test_h11_privacy_actions_are_append_only(store: Store, change: str) -> None:
    await store.form("A question")
    async with acquire(store.pool) as connection:
        await privacy.export(connection, await store.value("SELECT id FROM customers"), by="ann")
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await store.execute(change)


async def test_h11_a_failed_erasure_is_not_logged(store: Store) -> None:
    customer = await customer_with_history(store)
    async with acquire(store.pool) as connection:
        undone = connection.transaction()
        await undone.start()
        assert await privacy.erase(connection, customer, by="ann")
        await undone.rollback()
    assert await store.value("SELECT count(*) FROM privacy_actions") == 0


async def test_t_s10_another_customer_keeps_every_row(store: Store) -> None:
    customer = await customer_with_history(store)
    await store.pipeline().handle(await store.form("Where is my calendar?", email="bob@example.com"))
    counts = {name: (await traces(store, "bob@example.com", "my calendar")).get(name) for name in await tables(store)}
    await erase(store, customer)
    after = await traces(store, "bob@example.com", "my calendar")
    assert {name: after.get(name) for name in counts} == counts


@pytest.mark.parametrize("name", ["a_b", "50%", "back\\slash", "grüße"])
async def test_t_s10_dead_letters_are_found_by_the_exact_identifier(store: Store, name: str) -> None:
    """Characters that mean something to a pattern, or that bytes spell differently, stand for themselves."""
    await store.form("A question", email="ann@example.com")
    await store.execute("UPDATE customer_identifiers SET value = $1 || '@example.com'", name)
    other = name.replace("_", "x").replace("%", "0").replace("\\", "").replace("ü", "u")
    for offset, sender in enumerate((name, other)):
        async with acquire(store.pool) as connection:
            await dead_letters.dead_letter(
                connection, topic=INCOMING, partition=0, offset=offset, key="unknown",
                value=f"From: {sender}@example.com \x00".encode(), cause="no JSON", announce_on=DLQ,
            )  # fmt: skip
    erased = await erase(store, await store.value("SELECT id FROM customers"))
    assert erased is not None
    assert erased.dead_letters == 1
    assert bytes(await store.value("SELECT value FROM dead_letters")).startswith(f"From: {other}@".encode())
    assert await store.value("SELECT count(*) FROM events") == 1  # the announcement of the other one


async def test_t_s10_metrics_stay_and_are_anonymous(store: Store) -> None:
    customer = await customer_with_history(store)
    measured = await store.value("SELECT count(*) FROM agent_metrics")
    await erase(store, customer)
    assert measured
    assert await store.value("SELECT count(*) FROM agent_metrics") == measured
    assert not await store.value("SELECT count(*) FROM agent_metrics WHERE conversation_id IS NOT NULL")


async def test_d7_an_erasure_during_a_turn_leaves_nothing(store: Store) -> None:
    wake = await store.form(f"The {CANARY} question", email=EMAIL)
    agent = ScriptedAgent()
    agent.hold()
    running = asyncio.create_task(store.pipeline(agent=agent).handle(wake))
    await agent.thinking()
    assert await erase(store, await store.value("SELECT id FROM customers"))
    agent.let_go()
    assert await running == "idle"
    assert await traces(store, CANARY) == {}


async def test_d7_a_message_during_the_erasure_makes_a_new_customer(store: Store) -> None:
    customer = await customer_with_history(store)
    async with transaction(store.pool) as connection:
        await privacy.erase(connection, customer, by="ann")
        writing = asyncio.create_task(store.form("I am back already", email=EMAIL))
        await store.locked_out()
        assert not writing.done()
    await writing
    assert await store.value("SELECT count(*) FROM tickets") == 1
    assert await store.value("SELECT id FROM customers") != customer


async def test_d7_an_erasure_removes_the_whatsapp_conversation_slot(store: Store) -> None:
    await whatsapp(store, f"hello, {CANARY} here")
    assert "conversation_slots" in await traces(store, PHONE)
    await erase(store, await store.value("SELECT id FROM customers"))
    assert await traces(store, CANARY, PHONE) == {}


async def test_t_s10_an_erasure_includes_merged_customers(store: Store) -> None:
    by_form = await customer_with_history(store)
    await whatsapp(store, f"hello, {CANARY} here")
    by_telephone = await store.value("SELECT id FROM customers WHERE filing_key = $1", f"whatsapp:{PHONE}")
    async with acquire(store.pool) as connection:
        await merges.merge(
            connection,
            winner=by_form,
            loser=by_telephone,
            tier=3,
            actor="ann",
            evidence=f"{CANARY} said so by telephone",
        )
        exported = await privacy.export(connection, by_telephone, by="ann")
    assert exported is not None
    assert (len(exported["customers"]), len(exported["merges"]), len(exported["tickets"])) == (2, 1, 4)
    assert {"identity_evidence", "identity_merges"} <= set(await traces(store, CANARY, PHONE))
    erased = await erase(store, by_telephone)
    assert erased is not None
    assert erased.customers == 2
    assert await traces(store, CANARY, PHONE, str(by_form), str(by_telephone)) == {}
    of = "SELECT count(*) FROM privacy_actions WHERE sha256(uuid_send(id) || uuid_send($1)) = ANY (customers)"
    assert [await store.value(of, customer) for customer in (by_form, by_telephone)] == [2, 2]


async def test_d7_the_export_holds_all_that_is_kept(store: Store) -> None:
    customer = await customer_with_history(store)
    async with acquire(store.pool) as connection:
        exported = await privacy.export(connection, customer, by="ann")
    assert exported is not None
    assert len(exported["tickets"]) == 3
    assert {row["value"] for row in exported["identifiers"]} == {EMAIL, PHONE}
    texts = " ".join(row["content"] for row in exported["messages"])
    assert all(text in texts for text in (f"My {CANARY} board", f"Still about {CANARY}", "About: HANDOVER"))
    assert {row["outcome"] for row in exported["decisions"]} == {"answered", "escalated"}
    assert len(exported["dead_letters"]) == 1


@pytest.mark.parametrize("call", [privacy.export, privacy.erase])
async def test_d7_an_unknown_customer_is_none_and_not_logged(store: Store, call: object) -> None:
    async with transaction(store.pool) as connection:
        assert await call(connection, uuid4(), by="ann") is None  # type: ignore[operator]
    assert await store.value("SELECT count(*) FROM privacy_actions") == 0
