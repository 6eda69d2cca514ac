"""The mood of messages in other languages than English, by words and signs."""

from __future__ import annotations

import pytest

from embeddings.moods import FURIOUS, PLEASED, languages, mood
from embeddings.workbench.moods import figures, read


@pytest.mark.parametrize("language", sorted(languages()))
def test_g7_lines_that_no_sign_was_added_for(language: str) -> None:
    found = figures([line for line in read("test") if line.language == language])
    assert found["furious_found"] >= 0.8
    assert found["furious_rightly"] == 1.0
    assert found["pleased_rightly"] == 1.0


def test_g7_over_all_eight_languages() -> None:
    lines = read("test")
    assert len({line.language for line in lines}) == 8
    assert figures(lines)["furious_found"] >= 0.9


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Das ist eine FRECHHEIT", "de", FURIOUS),
        ("sois unos sinverguenzas", "es", FURIOUS),  # without its accents
        ("Rezalet bu!", "tr", FURIOUS),
        ("Ich bin sauer", "de", None),  # one weak sign
        ("Ich bin sauer!!", "de", FURIOUS),
        ("ICH BIN WIRKLICH SAUER AUF EUCH", "de", FURIOUS),
        ("Alles 😡", "fr", FURIOUS),
        ("Alles super!", "de", PLEASED),
        ("Ich bin nicht zufrieden", "de", None),
        ("Der Hinweis zum Betrug ist nicht lesbar.", "de", None),  # fraud may be what a message is about
        ("Wo finde ich meine Rechnung?", "de", None),
        ("Вы воры и мошенники!!!", "ru", None),  # a language without signs
    ],
)
def test_g7_signs(text: str, language: str, expected: float | None) -> None:
    assert mood(text, language) == expected


def test_g7_a_long_text_is_read_in_bounded_time() -> None:
    assert mood("nicht " * 200_000, "de") is None
