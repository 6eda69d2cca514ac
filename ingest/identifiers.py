"""One spelling for each address, so that the same mailbox or telephone is found again however it was typed."""

from __future__ import annotations

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

# How people write international numbers: the library alone would also read letters as digits and drop what follows.
PHONE_AS_WRITTEN = r"\+[1-9][0-9 ()./-]{5,28}[0-9]"


class InvalidIdentifierError(ValueError):
    """The text is no such identifier: whoever typed it is told the reason."""


def normalise_email(text: str) -> str:
    """Return the address in lower case with its domain in Unicode (RFC 6531), without asking the DNS.

    Raises InvalidIdentifierError. `.test` is let through (RFC 6761 keeps it for rehearsals).
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise InvalidIdentifierError(str(error)) from None
    return found.normalized.lower()


def normalise_phone(text: str) -> str:
    """Return an international number in E.164 (`+441632960123`). Raises InvalidIdentifierError, also without a `+`."""
    written = text.strip()
    if not re.fullmatch(PHONE_AS_WRITTEN, written):
        raise InvalidIdentifierError("must be written as + and the country code, then digits")
    try:
        number = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        raise InvalidIdentifierError("has no country code that exists") from None
    if not phonenumbers.is_possible_number(number):
        raise InvalidIdentifierError("is too short or too long for its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
