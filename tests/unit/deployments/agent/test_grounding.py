"""What counts as support (G10): each case tests one rule of the check on a passage that contradicts it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from db.records import Passage
from deployments.agent.checks import grounding
from deployments.agent.checks.claims import read
from tests.fixtures.company import EXAMPLE
from tests.fixtures.turns import RESET, passage

ROLES = (
    "TechCorp Platform has four roles: Owner, Admin, Member and Guest. Owners can do everything, including billing "
    "settings. Admins manage members and projects but cannot open billing settings. Guests only see the projects they "
    "were invited to. Timeline editing is only available in a desktop browser. Internet Explorer is not supported. "
    "Open Settings > Members > Pending after you have signed in, and wait up to 30 minutes before you try again. "
    "The API allows 600 requests per minute."
)
SOURCE = passage(ROLES, title="Roles", slug="roles")


def keep_supported(text: str, passages: Sequence[Passage], names: Sequence[str] = ()) -> tuple[str, tuple[str, ...]]:
    return grounding.keep_supported(text, passages, names, own_names=EXAMPLE.own_names)


def supported(sentence: str) -> bool:
    return keep_supported(sentence, [SOURCE])[0] == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "Owners can do everything, including billing settings.",
        "There are four roles: Owner, Admin, Member and Guest.",
        "There are 4 roles: Owner, Admin, Member and Guest.",
        "Please go to Settings → Members → Pending after you have signed in.",
        "Admins can't open billing settings.",
        "You can send 600 requests per minute to the API.",
        "Internet Explorer isn't supported.",
        "Guests only see the projects they were invited to.",
    ],
)
def test_g10_paraphrases_are_supported(sentence: str) -> None:
    assert supported(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["Hi Anna, guests only see the projects they were invited to.", "Anna Not, admins can't open billing settings."],
)
def test_g10_a_customer_may_be_called_by_name(sentence: str) -> None:
    assert keep_supported(sentence, [SOURCE], ("Anna", "Not"))[0] == sentence


@pytest.mark.parametrize(
    "sentence", ["Owners can not do everything.", "Internet Explorer is Not supported today.", "Guests can see Anna."]
)
def test_g10_a_claim_in_the_customers_name_is_unsupported(sentence: str) -> None:
    own = ("not", "Not", "Anna", "today")
    assert keep_supported(sentence, [SOURCE], own)[0] == keep_supported(sentence, [SOURCE])[0]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("a word that no passage has", "Owners can do everything, including billing settings and taxes."),
        ("a figure", "The API allows 900 requests per minute."),
        ("a figure in words", "There are five roles: Owner, Admin, Member and Guest."),
        ("a unit", "Wait up to 30 hours before you try again."),
        ("a rate", "The API allows 600 requests per second."),
        ("a menu", "Open Settings > Pending > Members after you have signed in."),
        ("an order", "Open Settings > Members > Pending before you have signed in."),
        ("a denial taken away", "Internet Explorer is supported."),
        ("a denial added", "Owners cannot do everything, including billing settings."),
        ("somebody else", "Guests can do everything, including billing settings."),
        ("a limit taken away", "Timeline editing is available."),
        ("all instead of some", "Guests see all projects."),
        ("a promise", "We manage members and projects for you."),
        ("a report", "Your projects have been opened by Admins."),
        ("too little to tell", "Everything."),
        ("spaced letters", "O w n e r s can do everything."),
    ],
)
def test_g10_unsupported(rule: str, sentence: str) -> None:
    assert not supported(sentence), rule


@pytest.mark.parametrize("sentence", ["I hope this helps.", "Please feel free to ask.", "Thank you for your patience."])
def test_g10_courtesies_are_kept_beside_a_claim(sentence: str) -> None:
    assert sentence in keep_supported(f"{RESET} {sentence}", [passage()])[0]


@pytest.mark.parametrize("sentence", ["We will help you further.", "Patience.", "All of it.", "|---|---|", "💰✅"])
def test_g10_claims_worded_as_courtesies_are_removed(sentence: str) -> None:
    assert keep_supported(f"{RESET}\n{sentence}", [passage()])[0] == RESET


def test_g10_the_customers_name_claims_nothing() -> None:
    text = f"Anna, {RESET}"
    assert keep_supported(text, [passage()], ("Anna", "Lindgren"))[0] == text
    assert keep_supported(text, [passage()])[0] != text


def test_claims_of_a_sentence() -> None:
    claims = read("Open Settings > Members, but never within 30 minutes.")
    assert claims.steps == {("settings", "members")}
    assert claims.figures == {("30", "minut")}
    assert claims.heads == {"within"}
    assert claims.names == {"sett", "member"}
