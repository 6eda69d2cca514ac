"""F1: the form's rules, and the record that a valid form becomes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.events import INCOMING, InboundMessage
from ingest.identifiers import normalise_phone, phone_pattern
from ingest.web_form import SupportForm, TicketReply, new_form

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
VALID: dict[str, Any] = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "subject": "Password reset",
    "category": "account_access",
    "message": "How do I reset my password?",
}
LIMITS = {"name": (2, 255), "subject": (5, 500), "message": (10, 10_000)}
MULTIBYTE = "🙂"  # one code point, two UTF-16 units, four bytes


def refused_fields(**changes: Any) -> set[str]:
    """Fields that a form with these changes is refused for; empty when it is accepted."""
    try:
        SupportForm.model_validate(VALID | changes)
    except ValidationError as error:
        return {str(problem["loc"][0]) for problem in error.errors()}
    return set()


@pytest.mark.parametrize("field", LIMITS)
def test_f1_lengths_just_inside_are_accepted(field: str) -> None:
    for length in LIMITS[field]:
        assert refused_fields(**{field: MULTIBYTE * length}) == set()


@pytest.mark.parametrize("field", LIMITS)
def test_f1_lengths_just_outside_are_refused_naming_the_field(field: str) -> None:
    least, most = LIMITS[field]
    for length in (0, least - 1, most + 1):
        assert refused_fields(**{field: "x" * length}) == {field}


@pytest.mark.parametrize("field", LIMITS)
def test_f1_white_space_around_a_text_does_not_count(field: str) -> None:
    least, most = LIMITS[field]
    assert refused_fields(**{field: "x" * (least - 1) + " \u3000\n" * 9}) == {field}
    assert refused_fields(**{field: " \t" + "x" * most + "\u2003"}) == set()


@pytest.mark.parametrize("missing", ["name", "email", "subject", "category", "message"])
def test_f1_what_is_required(missing: str) -> None:
    with pytest.raises(ValidationError):
        SupportForm.model_validate({name: value for name, value in VALID.items() if name != missing})


def test_f1_priority_and_phone_may_be_left_out() -> None:
    form = SupportForm.model_validate(VALID)
    assert (form.priority, form.phone) == ("medium", None)
    assert SupportForm.model_validate(VALID | {"phone": "  "}).phone is None


def test_f1_unknown_fields_are_ignored() -> None:
    assert refused_fields(favourite_colour="blue", customer_id="x") == set()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("category", wrong) for wrong in ("", "Billing", "other", None, 3)],
        *[("priority", wrong) for wrong in ("", "urgent", "HIGH", None, 1)],
        *[("name", wrong) for wrong in (None, 12, ["Ada"], {"first": "Ada"}, True)],
        *[("message", wrong) for wrong in ("nul \0 in the middle", "a lone surrogate \ud800 inside")],
        ("subject", "subject\0"),
        ("name", "\udfffAda"),
        ("email", "a\0da@example.com"),
        ("phone", "+49 30 12345\0"),
    ],
)
def test_f1_bad_values_are_refused_naming_the_field(field: str, value: object) -> None:
    assert refused_fields(**{field: value}) == {field}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada.Lovelace@Example.COM ", "ada.lovelace@example.com"),
        ("ADA+shop@example.co.uk", "ada+shop@example.co.uk"),
        ("info@xn--exmple-cua.com", "info@exämple.com"),
        ("Info@EXÄMPLE.com", "info@exämple.com"),
        ("rehearsal@acme.test", "rehearsal@acme.test"),
    ],
)
def test_i1_emails_have_one_spelling(typed: str, kept: str) -> None:
    assert SupportForm.model_validate(VALID | {"email": typed}).email == kept


@pytest.mark.parametrize(
    "typed",
    ["", "ada", "ada@", "@example.com", "ada@example", "a da@example.com", "ada@exa mple.com", "ada@@example.com",
     "ada@example..com", ".ada@example.com", "ada@localhost", "ada@[127.0.0.1]", "Ada <ada@example.com>",
     "a" * 65 + "@example.com", "ada@" + "a" * 250 + ".com", "ada@example.com\nBcc: x@example.com"],
)  # fmt: skip
def test_f1_what_is_no_email(typed: str) -> None:
    assert refused_fields(email=typed) == {"email"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+44 20 7946 0958", "+442079460958"),
        (" +1 (415) 555-0123 ", "+14155550123"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+49.30.1234567", "+49301234567"),
    ],
)
def test_i1_phones_have_one_spelling(typed: str, kept: str) -> None:
    assert SupportForm.model_validate(VALID | {"phone": typed}).phone == kept


@pytest.mark.parametrize(
    "typed", ["020 7946 0958", "0044 20 7946 0958", "+", "+12", "+999 123 456 789", "phone", "+49 30 123456789012345"]
)
def test_f1_what_is_no_phone(typed: str) -> None:
    assert refused_fields(phone=typed) == {"phone"}


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from(" \t\n\x1c\x85\ufeff\u3000\0ab🙂"), max_size=14))
def test_f1_the_published_schema_and_the_server_agree_on_every_text(text: str) -> None:
    schema = SupportForm.model_json_schema()["properties"]["subject"]
    accepted = refused_fields(subject=text) == set()
    assert jsonschema.Draft202012Validator(schema).is_valid(text) is accepted


@settings(max_examples=500, deadline=None)
@given(number=st.from_regex(phone_pattern(), fullmatch=True))
def test_f1_every_phone_that_the_schema_promises_is_accepted(number: str) -> None:
    assert re.fullmatch(r"\+[1-9][0-9]{4,14}", normalise_phone(number))


def test_h13_a_reply_has_one_to_ten_thousand_characters() -> None:
    for text in ("y", "x" * 10_000):
        assert TicketReply(message=text).message == text
    for text in ("", " \n", "x" * 10_001, "a\0b"):
        with pytest.raises(ValidationError):
            TicketReply(message=text)


def test_f3_the_record_carries_the_message_for_the_bus() -> None:
    form = SupportForm.model_validate(VALID | {"email": "Ada@Example.com", "phone": "+44 20 7946 0958"})
    record = new_form(form, key="key-1", now=NOW)
    message = InboundMessage.model_validate_json(record.payload)
    assert (record.topic, record.sender_key, record.key) == (INCOMING, "email:ada@example.com", "key-1")
    assert [(claim.type, claim.value) for claim in record.claims] == [
        ("email", "ada@example.com"),
        ("phone", "+442079460958"),
    ]
    assert (message.inbox_id, message.conversation_id) == (record.inbox_id, record.conversation_id)
    assert (message.message_id, message.customer_identifier, message.timestamp) == ("key-1", "ada@example.com", NOW)
    assert message.metadata == {"name": "Ada Lovelace", "category": "account_access", "priority": "medium"}
    assert json.loads(record.payload)["v"] == 1


def test_h1_without_a_key_every_call_is_a_form_of_its_own() -> None:
    form = SupportForm.model_validate(VALID)
    first, second = (new_form(form, key=None, now=NOW) for _ in range(2))
    assert first.key != second.key


def test_h1_the_same_body_is_known_again_however_it_is_written() -> None:
    def fingerprint(body: dict[str, Any]) -> bytes:
        return new_form(SupportForm.model_validate(body), key="k", now=NOW).body_hash

    known = fingerprint(VALID)
    assert fingerprint(dict(reversed(VALID.items())) | {"unknown": 1, "name": " Ada Lovelace "}) == known
    assert fingerprint(VALID | {"message": "How do I reset my password!"}) != known
    assert fingerprint(VALID | {"priority": "high"}) != known
