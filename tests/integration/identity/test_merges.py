"""I4, I5: a merge of two customers, and its exact reversal."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from db.identity import merges
from db.identity.merges import AlreadyOneError, Merge, MergeNotLastError, NoSuchCustomerError, NoSuchMergeError
from db.pool import acquire
from ingest.events import InboundMessage
from tests.fakes.nodes import ScriptedAgent
from tests.fixtures.people import ANN, EVE, Store, accept, contents, customer_of, handled, mail, whatsapp

ANN_KEY, EVE_KEY = f"email:{ANN}", f"whatsapp:{EVE}"


async def merged(store: Store, winner: str = ANN_KEY, loser: str = EVE_KEY) -> Merge:
    async with acquire(store.pool) as connection:
        return await merges.merge(
            connection,
            winner=await customer_of(store, winner),
            loser=await customer_of(store, loser),
            tier=3,
            actor="staff:ann",
            evidence="she said so on the telephone",
        )


async def undone(store: Store, merge: Merge) -> Merge:
    async with acquire(store.pool) as connection:
        return await merges.undo(connection, merge.id, actor="staff:bob")


async def two_customers(store: Store) -> None:
    """Ann by form and mail, Eve by WhatsApp, answered; both have named the same telephone, Ann by a form only."""
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    await pipeline.handle(await store.form("My first question", phone="+442079460958"))
    await handled(store, mail("By mail I ask this"), agent=agent)
    await handled(store, whatsapp("And I ask that"), agent=agent)
    await pipeline.handle(await store.form("I am Eve", email="eve@example.com", phone="+442079460958"))
    await handled(store, mail("A forged one", "eve@example.com", verified=False), agent=agent)


async def test_i4_unmerge_restores_the_exact_earlier_state(store: Store) -> None:
    await two_customers(store)
    before = await contents(store)
    first = await merged(store)
    second = await merged(store, loser="email:eve@example.com")
    between = await contents(store)
    assert between["conversations"] != before["conversations"]
    [owner] = await store.rows("SELECT DISTINCT customer_id FROM conversations")
    assert owner["customer_id"] == first.winner_id
    await undone(store, second)
    await undone(store, first)
    assert await contents(store) == before


async def test_i4_unmerge_restores_a_claim_that_a_verified_identifier_replaced(store: Store) -> None:
    await store.form("I am Ann", email=ANN, phone=EVE)
    claim = "INSERT INTO customer_identifiers (id, customer_id, type, value, source_channel)"
    await accept(store, whatsapp())
    ann = await customer_of(store, ANN_KEY)
    await store.execute(f"{claim} VALUES (gen_random_uuid(), $1, 'whatsapp', $2, 'staff')", ann, EVE)
    before = await contents(store)
    merge = await merged(store)
    rows = await store.rows("SELECT type, tier FROM customer_identifiers WHERE customer_id = $1 ORDER BY type", ann)
    assert [(row["type"], row["tier"]) for row in rows] == [("email", 0), ("phone", 0), ("whatsapp", 3)]
    await undone(store, merge)
    assert await contents(store) == before


async def test_i4_messages_received_between_merge_and_unmerge_follow_their_own_identifier(store: Store) -> None:
    await two_customers(store)
    merge = await merged(store)
    ann, eve = merge.winner_id, merge.loser_id
    await store.execute("UPDATE conversations SET status = 'closed'")
    new = await accept(store, whatsapp("A new conversation of Eve's"))
    by_mail = await accept(store, mail("A new mail of Ann's"))
    await accept(store, whatsapp("and more of it"))
    await store.form("A form of Ann's", phone="+12025550123")
    query = "SELECT customer_id FROM conversations WHERE id = $1"
    assert await store.value(query, new.conversation_id) == ann
    await undone(store, merge)
    assert await store.value(query, new.conversation_id) == eve
    assert await store.value(query, by_mail.conversation_id) == ann
    assert await store.value("SELECT count(*) FROM messages WHERE customer_id = $1", eve) == 4
    owner = "SELECT customer_id FROM customer_identifiers WHERE value = $1"
    assert await store.value(owner, "+12025550123") == ann
    assert await misplaced_rows(store) == []


async def test_i4_unmerge_returns_a_telephone_claimed_only_by_the_merged_customers_forms(store: Store) -> None:
    await store.form("I am Ann")
    await store.form("I am Eve", email="eve@example.com")
    merge = await merged(store, loser="email:eve@example.com")
    await store.form("Eve once more", email="eve@example.com", phone="+12025550123")
    await store.form("Eve once more", email="eve@example.com", phone="+442079460958")
    await store.form("Ann's, too", email=ANN, phone="+442079460958")
    await undone(store, merge)
    rows = await store.rows("SELECT customer_id, value FROM customer_identifiers WHERE type = 'phone'")
    owners = {(row["customer_id"], row["value"]) for row in rows}
    assert owners == {
        (merge.loser_id, "+12025550123"),
        (merge.winner_id, "+442079460958"),
        (merge.loser_id, "+442079460958"),
    }


async def test_i5_after_a_merge_a_reply_goes_to_the_address_that_wrote(store: Store) -> None:
    agent = ScriptedAgent()
    await accept(store, mail())
    await accept(store, whatsapp())
    await merged(store)
    await handled(store, whatsapp("Where does this go?"), agent=agent)
    await handled(store, mail("And this?"), agent=agent)
    sent = await store.rows("SELECT channel, recipient FROM outbox ORDER BY id")
    assert {(row["channel"], row["recipient"]) for row in sent} == {("whatsapp", EVE), ("email", ANN)}
    assert await store.violations() == {}


async def test_i2_a_merge_by_staff_joins_the_histories(store: Store) -> None:
    agent = ScriptedAgent()
    await handled(store, mail("My invoice is wrong"), agent=agent)
    await handled(store, whatsapp("Hello"), agent=agent)
    assert agent.runs[-1].history == ()
    merge = await merged(store)
    await handled(store, whatsapp("Hello again"), agent=agent)
    turn = agent.runs[-1]
    assert (turn.tier, turn.customer_name) == (3, "Ann Lee")
    assert [line.rpartition(": ")[2] for line in turn.history] == ["My invoice is wrong"]
    await undone(store, merge)
    await handled(store, whatsapp("And now?"), agent=agent)
    assert (agent.runs[-1].tier, agent.runs[-1].history) == (1, ())


async def test_a_turn_that_runs_during_the_merge_is_answered_once(store: Store) -> None:
    agent = ScriptedAgent()
    agent.hold()
    await accept(store, mail())
    accepted = await accept(store, whatsapp())
    payload = await store.value("SELECT payload FROM inbox WHERE id = $1", accepted.inbox_id)
    running = asyncio.create_task(store.pipeline(agent=agent).handle(InboundMessage.model_validate(payload)))
    await agent.thinking()
    await merged(store)
    agent.let_go()
    assert await running == "answered"
    assert await store.value("SELECT count(*) FROM outbox WHERE recipient = $1", EVE) == 1
    assert await misplaced_rows(store) == []


async def test_i4_merges_are_undone_from_the_last_one(store: Store) -> None:
    await two_customers(store)
    first = await merged(store)
    second = await merged(store, winner="email:eve@example.com", loser=ANN_KEY)
    with pytest.raises(MergeNotLastError) as caught:
        await undone(store, first)
    assert caught.value.later == second.id
    await undone(store, second)
    await undone(store, first)
    with pytest.raises(NoSuchMergeError):
        await undone(store, first)


async def test_i4_a_merge_needs_two_existing_customers(store: Store) -> None:
    await two_customers(store)
    before = await contents(store)
    with pytest.raises(AlreadyOneError):
        await merged(store, loser=ANN_KEY)
    async with acquire(store.pool) as connection:
        with pytest.raises(NoSuchCustomerError):
            await merges.merge(
                connection,
                winner=await customer_of(store, ANN_KEY),
                loser=await store.value("SELECT gen_random_uuid()"),
                tier=3,
                actor="staff:ann",
                evidence="none",
            )
    assert await contents(store) == before


async def test_i4_the_merge_ledger_names_actor_and_reason_and_is_append_only(store: Store) -> None:
    await two_customers(store)
    merge = await merged(store)
    await undone(store, merge)
    query = "SELECT kind, actor, detail FROM identity_evidence WHERE merge_id = $1 ORDER BY id"
    rows = await store.rows(query, merge.id)
    said = [("merged", "staff:ann"), ("unmerged", "staff:bob")]
    assert [(row["kind"], row["actor"]) for row in rows] == [line for line in said for _ in range(2)]
    assert {row["detail"]["evidence"] for row in rows} == {"she said so on the telephone"}
    proofs = await store.rows("SELECT value FROM identity_evidence WHERE kind = 'verified' ORDER BY id")
    assert [row["value"] for row in proofs] == [ANN, EVE]
    with pytest.raises(asyncpg.RaiseError):
        await store.execute("UPDATE identity_evidence SET actor = 'nobody'")


async def misplaced_rows(store: Store) -> list[dict[str, object]]:
    """Rows whose customer is not the one of their conversation, or was merged into another."""
    return await store.rows("""
        SELECT c.id, c.customer_id FROM conversations c JOIN customers p ON p.id = c.customer_id
        WHERE p.merged_into IS NOT NULL
        UNION ALL SELECT t.id, t.customer_id FROM tickets t JOIN conversations c ON c.id = t.conversation_id
        WHERE t.customer_id <> c.customer_id
        UNION ALL SELECT m.id, m.customer_id FROM messages m JOIN conversations c ON c.id = m.conversation_id
        WHERE m.customer_id <> c.customer_id""")
