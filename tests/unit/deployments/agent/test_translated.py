"""G10: what must agree between a sentence in another language and its English translation."""

from __future__ import annotations

import pytest

from deployments.agent.checks.guardrails import UNSUPPORTED
from deployments.agent.checks.translated import LANGUAGES, agree, lines_of, reviewed
from deployments.agent.models.translation import numbered_lines
from deployments.agent.run_context import Review
from tests.fixtures.company import GUARD
from tests.fixtures.turns import RESET, passage

PASSAGES = [passage(RESET)]
GERMAN = "Öffnen Sie die Anmeldeseite und wählen Sie Passwort vergessen."
ENGLISH = "Open the sign-in page and choose Forgot password."


def check(text: str) -> Review:
    return GUARD.review(text, PASSAGES, ())


def read(draft: str, *translations: str) -> Review:
    return reviewed(draft, translations, language="de", passages=PASSAGES, check=check)


@pytest.mark.parametrize(
    ("language", "sentence", "translation", "same"),
    [
        ("de", "Der Link gilt 60 Minuten.", "The link is valid for 60 minutes.", True),
        ("de", "Der Link gilt 24 Stunden.", "The link is valid for 60 minutes.", False),
        ("de", "Der Link gilt.", "The link is valid for 60 minutes.", False),
        ("de", "Geben Sie den sechsstelligen Code ein.", "Enter the 6-digit code.", True),
        ("fr", "Jusqu'à 20 000 tâches.", "Up to 20,000 tasks.", True),
        ("es", "Hasta 20.000 tareas.", "Up to 2,000 tasks.", False),
        ("it", "Gli ospiti non possono vedere altri progetti.", "Guests can see other projects.", False),
        ("pt", "Os convidados não podem ver outros projetos.", "Guests cannot see other projects.", True),
        ("fr", "Les invités peuvent voir les projets.", "Guests can't see projects.", False),
        ("de", "Speichern Sie die Tabelle als CSV-Datei.", "Save the spreadsheet as a CSV file.", True),
        ("de", "Speichern Sie die Tabelle als PDF.", "Save the spreadsheet as a CSV file.", False),
    ],
)
def test_g10_figures_codes_and_denials_agree(language: str, sentence: str, translation: str, same: bool) -> None:
    assert agree(sentence, translation, language) is same


def test_g10_a_supported_sentence_stays_in_its_language_with_its_source() -> None:
    review = read(GERMAN, ENGLISH)
    assert (review.text, review.problem) == (GERMAN, None)
    assert review.sources == (PASSAGES[0].slug,)


def test_g10_an_invention_is_dropped_and_the_paragraphs_stay() -> None:
    draft = f"{GERMAN} Danach ruft Sie ein Mitarbeiter an.\n\n{GERMAN}"
    review = read(draft, ENGLISH, "After that an employee calls you.", ENGLISH)
    assert review.text == f"{GERMAN}\n\n{GERMAN}"


def test_g10_nothing_supported_or_mere_politeness_is_no_answer() -> None:
    assert read(GERMAN, "Press the green lever twice.").problem == UNSUPPORTED
    assert read("Gern helfe ich Ihnen.", "I am happy to help you.").problem == UNSUPPORTED


def test_g6_what_is_forbidden_is_found_in_the_translation() -> None:
    assert read(f"{GERMAN} Wir erstatten Ihnen das Geld.", ENGLISH, "We will refund your money.").problem == (
        "promises money back"
    )


def test_lines_and_numbers() -> None:
    assert lines_of("Eins. Zwei!\n\nDrei?") == ["Eins.", "Zwei!", "Drei?"]
    assert numbered_lines("1. One.\n2) Two.\n", 2) == ["One.", "Two."]
    for wrong in ("", "1. One.", "1. One.\n3. Two.", "Here you are:\n1. One.\n2. Two.", "1. One.\n2. Two.\n3. More."):
        assert numbered_lines(wrong, 2) is None
    assert {"de", "fr", "es", "it", "pt"} == LANGUAGES
