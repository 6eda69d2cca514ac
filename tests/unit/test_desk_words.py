"""The desk has a word for each code that the product gives it (`web-form/lib/i18n/desk`): no code is shown bare."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from deployments.rules import escalation
from deployments.turns import requested_drafts

WORDS = Path(__file__).parents[2] / "web-form" / "lib" / "i18n" / "desk" / "en.ts"


def table(name: str) -> set[str]:
    """The codes of one table of the desk's words; the other languages have the same ones (`i18n.test.ts`)."""
    [found] = re.findall(rf"^  {name}: {{$(.*?)^  }}", WORDS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return {quoted or bare for quoted, bare in re.findall(r"^    (?:\"([^\"]+)\"|(\w+)):", found, re.MULTILINE)}


@pytest.mark.parametrize(("name", "codes"), [
    ("reasons", escalation.REASONS),
    ("noDraft", requested_drafts.NOTHING.keys() | requested_drafts.BY_RULE.keys()),
])  # fmt: skip
def test_each_code_has_a_word(name: str, codes: Collection[str]) -> None:
    assert set(codes) == table(name)
