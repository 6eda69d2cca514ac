"""Normalises the sender of a WhatsApp message."""

from __future__ import annotations

import re

from ingest.identifiers import InvalidIdentifierError, normalise_phone, phone_key

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# A business-scoped user id: WhatsApp hides the number of people who took a user name (since 2026).
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


def normalise_whatsapp(text: str) -> str:
    """Return the identifier of a WhatsApp sender: `whatsapp:+521…`, `+521…` and the bare id `521…` are one number.

    One spelling is chosen where a country has several (`phone_key`). A number that no numbering plan knows is taken as
    it is (WhatsApp verified it), a user id that stands for a hidden number (`US.1349…`) too. This is a key to compare
    by: reply to the address as the provider gave it. Raises InvalidIdentifierError.
    """
    bare = text.strip().removeprefix("whatsapp:").strip()
    if _USER_ID.fullmatch(bare):
        return bare
    return phone_key(_known_number(f"+{bare}" if re.fullmatch("[0-9]+", bare) else bare))


def user_id(text: str) -> str:
    """Return WhatsApp's user id, which stays when the number is hidden; '' where the text is none."""
    bare = text.strip().removeprefix("whatsapp:").strip()
    return bare if _USER_ID.fullmatch(bare) else ""


def _known_number(number: str) -> str:
    try:
        return normalise_phone(number)
    except InvalidIdentifierError:
        if _E164.fullmatch(number):
            return number
        raise
