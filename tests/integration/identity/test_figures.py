"""Issue 5, point 5: people as messy as they are, through the real intake statements."""

from __future__ import annotations

import pytest

from db.pool import connection
from evaluation.identities import IdentityFigures, measure_identity
from evaluation.messy_people import people
from evaluation.messy_traffic import plan
from tests.integration.identity.conftest import Store


def holds(figures: IdentityFigures) -> None:
    assert figures.false_merges <= 0.001, figures.misses
    assert figures.recall >= 0.95, figures.misses
    assert figures.claims_joined == 0


async def test_i1_two_hundred_messy_people_are_told_apart(database_url: str, store: Store) -> None:
    figures = await measure_identity(database_url, count=200, seed=7)
    holds(figures)
    assert figures.pairs_with_evidence > 500
    # Beside the database that was given, never in it.
    assert await store.value("SELECT count(*) FROM customers") == 0
    async with connection(store.pool) as borrowed:
        left = await borrowed.fetchval("SELECT count(*) FROM pg_database WHERE datname LIKE 'nightdesk_scratch%'")
    assert left == 0


def test_the_same_seed_makes_the_same_people_and_deeds() -> None:
    assert plan(people(50, 3), 3) == plan(people(50, 3), 3)
    assert plan(people(50, 3), 3) != plan(people(50, 4), 4)
    kinds = {doing.kind for doing in plan(people(200, 3), 3)[0]}
    assert kinds == {"mail", "forged", "whatsapp", "form", "link"}


@pytest.mark.full
async def test_i1_two_thousand_messy_people_are_told_apart(database_url: str) -> None:
    for seed in (7, 8):
        figures = await measure_identity(database_url, count=2_000, seed=seed)
        print(figures)
        holds(figures)
