"""Letters that stand for others (G6): text that a reader understands and word checks would miss."""

from __future__ import annotations

import pytest

from deployments.agent.checks import guardrails
from deployments.agent.checks.homoglyphs import bare, has_homoglyphs
from tests.fixtures.company import GUARD
from tests.fixtures.turns import RESET, passage


@pytest.mark.parametrize("text", ["rеfund", "𝐫efund", "ｒefund", "７９", "٧٩", "⑦", "r\u0336efund", "Ⅸ"])
def test_g6_homoglyphs_are_seen_through(text: str) -> None:
    assert has_homoglyphs(bare(text), [])
    assert GUARD.review(f"{RESET} {text}", [passage()]).problem == guardrails.HOMOGLYPHS


@pytest.mark.parametrize("text", ["café – “naïve” … 5 × 3 °C €", "Open Settings → Members 🙂", "Größe, señor, ça va"])
def test_g6_ordinary_signs_are_not(text: str) -> None:
    assert not has_homoglyphs(bare(text), [])


def test_g6_signs_of_a_passage_are_ours() -> None:
    assert has_homoglyphs("Ω", [])
    assert not has_homoglyphs("Ω", ["Choose the Ω symbol."])


@pytest.mark.parametrize(
    ("text", "left"), [("re\u200dfund", "refund"), ("It is 💰✅", "It is "), ("🇷🇪🇫", ""), ("👍🏽", "👍🏽")]
)
def test_g6_pictures_and_joiners_are_taken_off(text: str, left: str) -> None:
    assert bare(text) == left
