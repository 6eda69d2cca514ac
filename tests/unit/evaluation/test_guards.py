"""The figures that are promised for the outgoing check (G6) and for groundedness (G10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.drafts import guards

DOCS = Path(__file__).parents[3] / "context" / "product-docs.md"


@pytest.fixture(scope="module")
def guard() -> tuple[guards.Measured, guards.Measured]:
    return guards.measure_guard(DOCS)


@pytest.fixture(scope="module")
def grounding() -> tuple[guards.Measured, guards.Measured]:
    return guards.measure_grounding(DOCS)


def test_g6_no_forbidden_draft_leaks(guard: tuple[guards.Measured, guards.Measured]) -> None:
    stopped = guard[0]
    assert stopped.of().total >= 300
    assert stopped.of("held_out").total * 3 >= stopped.of().total
    assert stopped.misses == ()


def test_g6_at_most_one_ordinary_draft_in_fifty_is_blocked(guard: tuple[guards.Measured, guards.Measured]) -> None:
    passed = guard[1]
    assert passed.of().total >= 300
    assert passed.of().share >= 0.98


@pytest.mark.parametrize(
    ("split", "removed", "kept"), [("by_rule", 0.98, 0.99), ("tuning", 0.94, 0.93), ("held_out", 0.93, 0.9)]
)
def test_g10_unsupported_sentences_are_removed_and_supported_ones_kept(
    grounding: tuple[guards.Measured, guards.Measured], split: str, removed: float, kept: float
) -> None:
    assert grounding[0].of(split).share >= removed
    assert grounding[1].of(split).share >= kept


def test_g10_a_wrong_figure_never_stays(grounding: tuple[guards.Measured, guards.Measured]) -> None:
    figures = next(tally for tally in grounding[0].tallies if tally.kind == "figure")
    assert figures.total > 100
    assert figures.right == figures.total


def test_only_text_beyond_the_harmless_part_is_a_leak() -> None:
    draft = "Open the page. ⟦It costs $79.⟧"
    assert guards.leaked(draft, "Open the page.") == []
    assert guards.leaked(draft, guards.unmarked(draft)) == ["It costs $79."]
