"""The figures that are promised for the masking of personal data (G12, T-S9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures import personal_messages

DOCS = Path(__file__).parents[3] / "context" / "product-docs.md"


def test_t_s9_at_least_95_percent_are_found_and_ordinary_texts_stay() -> None:
    found, ordinary = personal_messages.measure_masking(DOCS)
    assert {tally.kind for tally in found.tallies} == set(personal_messages.KINDS)
    assert found.of("tuning").share >= 0.95
    assert found.of("held_out").share >= 0.95
    assert ordinary.of().share >= 0.99


@pytest.mark.parametrize("count", [1, 30])
def test_the_same_seed_gives_the_same_messages(count: int) -> None:
    assert personal_messages.generate(count) == personal_messages.generate(count)
    assert personal_messages.generate(30, seed=1) != personal_messages.generate(30, seed=2)
