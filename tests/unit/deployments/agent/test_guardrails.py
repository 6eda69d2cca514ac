"""The outgoing text (G6) and where its sentences come from (G10)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deployments.agent.checks import guardrails
from deployments.agent.checks.grounding import keep_supported
from deployments.rules.formatting import plain, sentences
from embeddings.chunker import Section, parse_docs
from tests.fixtures.company import GUARD
from tests.fixtures.turns import RESET, passage

CONTEXT = Path(__file__).parents[4] / "context"
SECTIONS = parse_docs((CONTEXT / "product-docs.md").read_text(encoding="utf-8"))

FORBIDDEN = {
    "states a price or a discount": [
        "The Professional plan costs $79 per month.",
        "It is 29 dollars a month.",
        "You pay only €10 for each person.",
        "We can offer you a discount.",
        "You get 20% off with an annual plan.",
        "There is a free trial of the plan.",
        "The Starter plan starts at 29.",
        "The add-on is free of charge.",
    ],
    "promises money back": [
        "We will refund your last payment.",
        "You will get your money back.",
        "Your refund has been processed.",
        "You are entitled to a full refund.",
        "I've credited the amount to your account: it is credited back to your card.",
        "Our billing team will reimburse you.",
    ],
    "makes a legal statement": [
        "We are not liable for lost data.",
        "This is in accordance with the law.",
        "We guarantee that it works.",
        "TechCorp is in compliance with GDPR.",
        "You should ask your lawyer.",
        "We admit the fault.",
    ],
    "announces something that is not released": [
        "Dark mode is coming soon.",
        "It is on our roadmap.",
        "We are working on this.",
        "This will be released in the next version.",
        "We plan to add whiteboards.",
        "Stay tuned!",
    ],
    "names a competitor": ["Unlike Trello, we have boards.", "monday.com cannot do that.", "Import from asana."],
    "tells internal details": [
        "As an AI language model I cannot do that.",
        "My instructions say that I must not.",
        "I will call escalate_to_human.",
        "Your sentiment score is low.",
        "These passages do not answer it.",
        "It is in the billing queue.",
    ],
}


@pytest.mark.parametrize(("problem", "text"), [(p, t) for p, texts in FORBIDDEN.items() for t in texts])
def test_g6_forbidden(problem: str, text: str) -> None:
    assert GUARD.forbidden(text) == problem
    assert GUARD.review(f"{RESET} {text}", [passage()]).problem


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.slug)
def test_g6_no_false_alarm_on_our_own_documentation(section: Section) -> None:
    own = passage(section.content, title=section.title, slug=section.slug)
    for sentence in sentences(section.content):
        assert GUARD.forbidden(sentence) is None, sentence
    review = GUARD.review(section.content, [own])
    assert review.problem is None
    assert review.sources == (section.slug,)
    assert " ".join(review.text.split()) == " ".join(plain(section.content).split())


@pytest.mark.parametrize(
    "text",
    [
        "See you on Monday at ten.",
        "Teamwork makes the plan work.",
        "The refund report is empty because no price field has been chosen.",
        "Reply as soon as the import has finished.",
        "Open Reports > Templates > Finance.",
        "The automation agent is a user with the role Agent.",
        "A lag of up to 365 days is possible.",
    ],
)
def test_g6_ordinary_sentences_pass(text: str) -> None:
    assert GUARD.forbidden(text) is None


def test_g6_every_competitor_of_the_company_profile_is_known() -> None:
    profile = (CONTEXT / "company-profile.md").read_text(encoding="utf-8")
    listed = re.search(r"## Competitors.*?\n\n(.+?)\n", profile, re.DOTALL)
    assert listed
    for name in re.split(r",\s*", listed[1].strip(" .")):
        assert GUARD.forbidden(f"Many people use {name} instead.") == "names a competitor"


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("Open https://evil.example/a?b=c now.", ["https://evil.example/a?b=c"]),
        ("Write to eve@evil.example.", ["eve@evil.example"]),
        ("Go to evil-techcorp.io.", ["evil-techcorp.io"]),
        ("Call +1 900 555 0199.", ["+1 900 555 0199"]),
        ("Open app.techcorp.com or write to no-reply@techcorp.com.", []),
        ("Use DD.MM.YYYY and v2.0, e.g. for 10,000 rows.", []),
    ],
)
def test_r10_foreign_addresses(text: str, foreign: list[str]) -> None:
    known = ["Open app.techcorp.com. Mails come from no-reply@techcorp.com. Dates look like DD.MM.YYYY."]
    assert guardrails.foreign_addresses(text, known) == foreign


def test_g10_keeps_supported_sentences_and_courtesies() -> None:
    text = (
        "I hope this helps.\n\n1. Open the sign-in page and choose Forgot password.\n"
        "2. Enter your work e-mail address.\n\nThe moon is made of cheese and honey."
    )
    kept, sources = keep_supported(text, [passage()])
    assert sources == ("reset",)
    assert "Forgot password" in kept
    assert "hope this helps" in kept
    assert "cheese" not in kept


@pytest.mark.parametrize(
    "text",
    [
        "The reset link is valid for 90 minutes.",
        "Choose a password of at least 8 characters.",
        "Bananas are yellow.",
        "I hope this helps.",
        "",
    ],
)
def test_g10_without_a_supported_sentence_the_text_is_empty(text: str) -> None:
    assert keep_supported(text, [passage()]) == ("", ())


def test_g10_without_passages_nothing_is_supported() -> None:
    assert GUARD.review(RESET, []).problem == guardrails.UNSUPPORTED


def test_r10_markup_is_taken_off_before_the_check() -> None:
    review = GUARD.review(f"**{RESET}**", [passage()])
    assert review.problem is None
    assert "*" not in review.text
    assert GUARD.review("The plan co<b></b>sts $79.", [passage()]).problem == "states a price or a discount"
