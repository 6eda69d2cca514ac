"""G5: requests found by wording alone. Whole words in context, never substrings; typos, accents, other languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.rules.wording import EVIDENCE_CHARACTERS, WORD_REASONS, Wording, WordReason, plain, read_words
from tests.fixtures.cpu_time import least_seconds, slowness

REQUESTS: dict[WordReason, tuple[str, ...]] = {
    "pricing": (
        "How much does Professional cost?",
        "what are your prices",
        "Could we have a quotation for 25 seats?",
        "Is there a discount for charities?",
        "pricng pls",
        "What’s the price of the yearly plan?",
        "how much is it",
        "What does it cost to upgrade?",
        "¿Cuánto cuesta el plan Professional?",
        "Quanto custa por usuário?",
        "Combien coûte l'abonnement ?",
        "Was kostet das pro Nutzer?",
        "Quali sono i prezzi?",
    ),
    "refund": (
        "I want my money back",
        "please refund me",
        "Cancel and return what I paid",
        "I was charged twice, what happened?",
        "refnd my last payment",
        "Give us our money back!",
        "You took £64 from my account without permission, give it back.",
        "Quiero que me devuelvan el dinero",
        "fui cobrado duas vezes",
        "Je veux être remboursé",
        "Ich möchte mein Geld zurück",
        "Voglio un rimborso",
    ),
    "legal": (
        "my lawyer will contact you",
        "We will take legal action",
        "I am going to sue you",
        "This is a GDPR complaint",
        "We received a subpoena for your logs",
        "I'll complain to the data protection authority",
        "my lawer will be in touch, she will contact you",
        "see you in court",
        "Voy a demandarlos",
        "Meu advogado vai falar com vocês",
        "Je vais porter plainte",
        "Ich werde Sie verklagen",
        "Ci vediamo in tribunale",
    ),
    "human_request": (
        "I want to talk to a human",
        "connect me to an agent",
        "real person please",
        "can someone call me",
        "Put me through to a manager",
        "How do I talk to a real person here?",
        "speak to agnet",
        "agent!!",
        "Quiero hablar con una persona",
        "Quero falar com um atendente",
        "Je veux parler à un conseiller",
        "Ich möchte mit einem Menschen sprechen",
        "Vorrei parlare con un operatore",
    ),
}
ORDINARY = (
    "How do I set the User-Agent header?",
    "Where is the refund report?",
    "How do I filter the refunds dashboard?",
    "How do I change the legal name of the workspace?",
    "How do I add a price field?",
    "Can I make a custom field called cost?",
    "How do I assign an issue to a person?",
    "Can I have human-readable ids?",
    "What may the automation agent do?",
    "How do I import our price list as CSV?",
    "How do I track legal tasks in a project?",
    "Our legal team uses a board: how do we restrict access?",
    "Can a customer support agent be added as a guest in my workspace?",
    "Is there a cost tracking column?",
    "Is the app free of ads?",
    "hello",
    "I have an issue with the tissue box icon",
    "Sue Miller can't log in",
    "How do we pursue goals?",
    "Where do I download my invoice?",
    "How do I update my credit card?",
    "Where do I see how many seats we use?",
    "I don't want a refund, I just want to fix the import.",
    "How do I add a phone number field to the form?",
    "My webhook is never called.",
    "See https://shop.example/refund-me and mail legal@example.com",
)


def _wording(text: str, reason: WordReason) -> Wording:
    return read_words("", text).wording[reason]


@pytest.mark.parametrize(("reason", "text"), [(reason, text) for reason, texts in REQUESTS.items() for text in texts])
def test_g5_a_direct_request_is_seen(reason: WordReason, text: str) -> None:
    assert _wording(text, reason) in (Wording.REQUEST, Wording.UNREAD)


def test_g5_a_request_that_the_classifier_does_not_read_is_known_as_such() -> None:
    assert _wording("Voglio un rimborso", "refund") is Wording.UNREAD
    assert _wording("Please refnud me", "refund") is Wording.UNREAD
    assert _wording("Please refund me", "refund") is Wording.REQUEST


@pytest.mark.parametrize("text", ORDINARY)
def test_g5_an_ordinary_question_is_no_request(text: str) -> None:
    assert not {Wording.REQUEST, Wording.UNREAD} & set(read_words("", text).wording.values())


@pytest.mark.parametrize("text", ["hello", "tissue", "unhumanly", "repriced", "courtesy", "Are you pursuing this?"])
def test_g5_substrings_do_not_match(text: str) -> None:
    assert set(read_words("", text).wording.values()) == {Wording.NOTHING}


def test_a_mention_is_less_than_a_request_and_product_talk_less_than_a_mention() -> None:
    assert _wording("The refund was mentioned in the meeting", "refund") is Wording.MENTION
    assert _wording("The refund report is empty", "refund") is Wording.PRODUCT
    assert _wording("The import is empty", "refund") is Wording.NOTHING


def test_a_sign_in_any_sentence_counts_and_the_strongest_wins() -> None:
    text = "The refund report is empty. By the way, please refund our last payment. Thanks!"
    assert _wording(text, "refund") is Wording.REQUEST


def test_a_how_to_question_only_mentions() -> None:
    assert _wording("How do I show the cost per seat in a chart?", "pricing") is not Wording.REQUEST
    assert _wording("What is the cost per seat?", "pricing") is Wording.REQUEST


def test_evidence_is_the_matched_text() -> None:
    signs = read_words("", "Hello, could you please REFUND me?")
    assert signs.evidence["refund"] == "could you please refund"
    assert signs.evidence["legal"] == ""


def test_plain_text() -> None:
    assert plain("Don’t pay $29 — voilà, mail a@b.example now!") == "dont pay 29 dollars voila mail now |"


@given(st.text(max_size=400), st.text(max_size=60))
def test_any_text_can_be_read(text: str, subject: str) -> None:
    signs = read_words(subject, text)
    assert set(signs.wording) == set(signs.evidence) == set(WORD_REASONS)
    assert all(len(words) <= EVIDENCE_CHARACTERS for words in signs.evidence.values())


@pytest.mark.parametrize("word", ["how much ", "what the ", "want my ", "talk to ", "a ", "a", "not a ", "our legal "])
def test_a_hostile_text_takes_no_time(word: str) -> None:
    text = (word * 10_000)[:10_000]
    assert least_seconds(lambda: read_words("", text)) < 0.2 * slowness()
