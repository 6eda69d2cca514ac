"""Personal data before a remote model and after it (G12)."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.agent.checks.masking import Vault, redact

PERSONAL = {
    "EMAIL": ["anna.lindgren@example.com", "o'neil+tag@mail.example.co.uk"],
    "PHONE": ["+49 30 901820", "+1 415 555 2671", "(415) 555-2671", "030/1234567", "0171 1234567"],
    "CARD": ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"],
    "IBAN": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
    "ID": ["123-45-6789", "12345678Z", "RSSMRA85T10A562S", "529.982.247-25", "756.9217.0769.85"],
    "IP": ["192.168.10.44", "2001:db8::8a2e:370:7334"],
    "SECRET": [
        "sk-proj-abcdefghijklmnop1234",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-_123",
        "0123456789abcdef0123456789abcdef",
        "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
    ],
}
HARMLESS = [
    "TKT-0042",
    "error AUTH-423 and IMP-03",
    "2025-03-14 10:00",
    "10,000 rows or 20 MB",
    "invoice 2025-0381",
    "4111 1111 1111 1112",
    "version 2.10.3",
    "WEB-142",
    "Is my password wrong?",
    "the timer shows 14:30:00",
    "created 2025-03-01T14:30:00Z",
    "password: reset",
    "The API allows 600 requests per minute",
]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in PERSONAL.items() for value in values])
@pytest.mark.parametrize("around", ["{}", "Please use {} today.", "a, {}; b", "({})"])
def test_g12_masked(kind: str, value: str, around: str) -> None:
    masked = Vault().mask(around.format(value))
    assert value not in masked
    assert f"[{kind}_1]" in masked


@pytest.mark.parametrize(
    "text",
    ["my password is Hunter2!", "Password: s3cret-word", "PIN = 8421", "api key: abcd1234efgh", "Bearer abc.def.123"],
)
def test_g12_secrets_are_recognised_by_their_label(text: str) -> None:
    assert "[SECRET_1]" in Vault().mask(text)


@pytest.mark.parametrize(
    "text",
    ["I was born on 12 March 1984.", "DOB: 1984-03-12", "My passport number is C01X00T47", "Hi, my name is Li Wei."],
)
def test_g12_data_is_recognised_by_the_words_before_it(text: str) -> None:
    assert re.search(r"\[(?:BIRTH|ID|NAME)_1\]", Vault().mask(text))


@pytest.mark.parametrize("text", HARMLESS)
def test_g12_ordinary_numbers_are_not_masked(text: str) -> None:
    assert Vault().mask(text) == text


def test_g12_contact_data_is_restored_and_secrets_are_not() -> None:
    vault = Vault(names=("Anna Lindgren",))
    masked = vault.mask("Anna Lindgren, anna@example.com, card 4111 1111 1111 1111")
    assert masked == "[NAME_1], [EMAIL_1], card [CARD_1]"
    assert vault.restore(masked) == "Anna Lindgren, anna@example.com, card your card number"


def test_g12_an_unknown_placeholder_is_removed() -> None:
    assert Vault().restore("to [EMAIL_7]!") == "to !"


def test_g12_the_same_value_has_the_same_placeholder() -> None:
    vault = Vault()
    assert vault.mask("a@x.example b@x.example a@x.example") == "[EMAIL_1] [EMAIL_2] [EMAIL_1]"
    assert vault.mask("again a@x.example") == "again [EMAIL_1]"


def test_g12_masked_json_is_valid_json() -> None:
    vault = Vault(names=('Anna "Ann" Li',))
    masked = vault.mask('Anna "Ann" Li')
    assert json.loads(vault.restore_json(json.dumps({"text": masked}))) == {"text": 'Anna "Ann" Li'}


def test_g12_every_string_of_a_transcript_is_masked_and_its_structure_stays() -> None:
    items = [
        {"role": "user", "content": "a@x.example"},
        {"type": "function_call", "name": "t", "arguments": "a@x.example"},
    ]
    masked = Vault(names=("user",)).mask_all(items)
    assert masked == [
        {"role": "user", "content": "[EMAIL_1]"},
        {"type": "function_call", "name": "t", "arguments": "[EMAIL_1]"},
    ]


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_g12_any_text_can_be_masked_and_masking_again_changes_nothing(text: str) -> None:
    once = redact(text)
    assert Vault().mask(once).count("@") <= once.count("@")
