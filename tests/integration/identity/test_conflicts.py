"""I4: doubtful pairs are found in steps over the ledger, each time only what is new, and none is passed over."""

from __future__ import annotations

from datetime import UTC, datetime

from db.identity import conflicts, merges
from db.intake import web_form
from db.pool import acquire, transaction
from deployments.reporting.batches import in_batches
from ingest.web_form import SupportForm, new_form
from tests.fixtures.people import ANN, EVE, Store, accept, customer_of, mail, whatsapp

OLDER = "UPDATE identity_evidence SET recorded_at = recorded_at - interval '2 minutes'"
SETTLE = (
    f"ALTER TABLE identity_evidence DISABLE TRIGGER USER; {OLDER}; ALTER TABLE identity_evidence ENABLE TRIGGER USER"
)


async def found(store: Store) -> list[str]:
    """The kinds of all conflicts, after the rows of the ledger were looked at that are new."""
    async with acquire(store.pool) as connection:
        await conflicts.detect(connection)
    rows = await store.rows("SELECT kind FROM identity_conflicts ORDER BY kind")
    return [row["kind"] for row in rows]


async def test_i4_steps_find_what_one_look_at_everything_finds(store: Store) -> None:
    for n in range(12):
        await store.form("My number is this", email=f"a{n}@example.com", phone=f"+4917012345{n:02}")
        await store.form("Mine, too", email=f"b{n}@example.com", phone=f"+4917012345{n:02}")
    await store.execute(SETTLE)
    looked_at = await in_batches(store.pool, lambda c: conflicts.detect(c, limit=5), size=5)
    assert looked_at == await store.value("SELECT count(*) FROM identity_evidence WHERE kind = 'claimed'")
    assert await store.value("SELECT count(*) FROM identity_conflicts WHERE kind = 'claimed_by_several'") == 12
    assert await store.value("SELECT count(*) FROM identity_evidence WHERE kind = 'conflict_found'") == 24


async def test_i4_a_claim_that_is_committed_behind_a_later_one_is_found(store: Store) -> None:
    await accept(store, whatsapp())
    late = SupportForm(
        name="Bob", email="bob@example.com", phone=EVE, subject="A number", category="how_to", message="This is mine."
    )
    async with transaction(store.pool) as connection:
        await web_form.accept_form(connection, new_form(late, key=None, now=datetime.now(UTC)))
        await store.form("Something else", email="cid@example.com", phone="+4917000000000")
        assert await found(store) == []
    assert await found(store) == ["claims_verified"]


async def test_i4_a_claim_of_a_merged_customer_comes_up_when_the_merge_is_undone(store: Store) -> None:
    for message in (mail(), whatsapp()):
        await accept(store, message)
    await store.form("My number", email=ANN, phone="+4917000000000")
    ann, eve = await customer_of(store, f"email:{ANN}"), await customer_of(store, f"whatsapp:{EVE}")
    async with acquire(store.pool) as connection:
        made = await merges.merge(connection, winner=eve, loser=ann, tier=3, actor="staff:ann", evidence="she called")
    await store.execute(SETTLE)
    assert await found(store) == []
    await store.form("Mine, too", email="bob@example.com", phone="+4917000000000")
    await store.execute(SETTLE)
    assert await found(store) == ["claimed_by_several"]
    async with acquire(store.pool) as connection:
        await merges.undo(connection, made.id, actor="staff:ann")
    assert await found(store) == ["claimed_by_several"] * 2
    assert await store.value("SELECT count(*) FROM identity_conflicts WHERE $1 IN (first_id, second_id)", ann) == 1
