"""Issue 5, point 5: simulated people with inconsistent identifiers, through the real intake statements."""

from __future__ import annotations

import uuid

import pytest

from db.pool import acquire
from evaluation.identity.messy_people import people
from evaluation.identity.messy_traffic import Written, plan
from evaluation.identity.trial import IdentityFigures, figures, measure_identity
from tests.fixtures.people import Store


def holds(found: IdentityFigures) -> None:
    assert found.false_merges <= 0.001, found.misses
    assert found.recall >= 0.95, found.misses
    assert found.claims_joined == 0


async def test_i1_two_hundred_messy_people_are_identified(database_url: str, store: Store) -> None:
    found = await measure_identity(database_url, people=200, seed=7)
    holds(found)
    assert found.pairs_with_evidence > 500
    # Beside the database that was given, never in it.
    assert await store.value("SELECT count(*) FROM customers") == 0
    async with acquire(store.pool) as connection:
        left = await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname LIKE 'nightdesk_scratch%'")
    assert left == 0


def test_figures_count_split_and_wrongly_merged_people() -> None:
    def written(key: str, party: str, *, proven: bool = True, evidence: bool = True) -> Written:
        return Written(key=key, party=party, evidence=evidence, proven=proven)

    one, two = uuid.uuid4(), uuid.uuid4()
    messages = [written(key, "ann") for key in "abc"] + [written("d", "bob"), written("e", "eve", proven=False)]
    messages.append(written("f", "a slip", proven=False, evidence=False))
    good = figures(messages, {"a": one, "b": one, "c": one, "d": two, "e": two, "f": one}, people=3, seed=0)
    assert (good.recall, good.false_merges, good.claims_joined, good.misses) == (1.0, 0.0, 0, ())
    bad = figures(messages, {"a": one, "b": one, "c": two, "d": two, "e": two, "f": one}, people=3, seed=0)
    assert bad.recall == pytest.approx(1 / 3)
    assert bad.pairs_with_evidence == 3
    assert (bad.false_merges, bad.proven_pairs_together, bad.claims_joined) == (0.5, 2, 1)
    assert [miss.partition(":")[0] for miss in bad.misses] == ["apart", "together"]


def test_the_same_seed_makes_the_same_people_and_messages() -> None:
    assert plan(people(50, 3), 3) == plan(people(50, 3), 3)
    assert plan(people(50, 3), 3) != plan(people(50, 4), 4)
    kinds = {doing.kind for doing in plan(people(200, 3), 3)[0]}
    assert kinds == {"mail", "forged", "whatsapp", "form", "link"}


@pytest.mark.full
async def test_i1_two_thousand_messy_people_are_identified(database_url: str) -> None:
    for seed in (7, 8):
        found = await measure_identity(database_url, people=2_000, seed=seed)
        print(found)
        holds(found)
