"""I1: a number typed into a form and the id that WhatsApp gives to it are one key."""

from __future__ import annotations

import pytest

from ingest.identifiers import normalise_phone, phone_key
from ingest.whatsapp.sender_id import normalise_whatsapp


@pytest.mark.parametrize(
    ("typed", "whatsapp"),
    [
        ("+54 11 4000-0000", "whatsapp:+5491140000000"),
        ("+54 9 11 4000 0000", "5491140000000"),
        ("+52 55 1234 5678", "whatsapp:+5215512345678"),
        ("+52 1 55 1234 5678", "whatsapp:+525512345678"),
        ("+55 11 98765-4321", "whatsapp:+551187654321"),
        ("+55 11 8765 4321", "whatsapp:+5511987654321"),
        ("+49 170 1234567", "whatsapp:+491701234567"),
    ],
)
def test_i1_country_variants_meet(typed: str, whatsapp: str) -> None:
    assert phone_key(normalise_phone(typed)) == normalise_whatsapp(whatsapp)


@pytest.mark.parametrize("number", ["+541140000000", "+525512345678", "+551132345678", "+12025550123", "+442079460958"])
def test_i1_a_key_is_its_own_key(number: str) -> None:
    assert phone_key(phone_key(number)) == phone_key(number)


def test_i1_brazilian_landlines_get_no_ninth_digit() -> None:
    assert phone_key("+551132345678") == "+551132345678"
