"""One spelling for each address: e-mail, phone and WhatsApp id, so that the same sender is the same identifier."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from ingest.lexer import MalformedHeaderError, Token, lex

_HEADER_LIMIT = 2_000
_LAST_ANGLE = re.compile(r"<([^<>\s]+@[^<>\s]+)>\s*$")
# A business-scoped user id: WhatsApp hides the number of people who took a user name (since 2026).
_USER_ID = re.compile(r"(?:[A-Z]{2}\.)(?:ENT\.)?[A-Za-z0-9]{1,128}")
_BRAZILIAN_MOBILE_WITHOUT_9 = re.compile(r"\+55(\d\d)([6-9]\d{7})")
_ARGENTINE_WITHOUT_9 = re.compile(r"\+54([1-8]\d{9})")
_MEXICAN_WITH_1 = re.compile(r"\+521(\d{10})")


class InvalidAddressError(ValueError):
    """The text is no address of this kind; nothing was looked up or stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Who a From header names. `sole` is False where it names several, or can be read in more than one way."""

    address: str
    name: str
    sole: bool


def normalise_email(text: str) -> str:
    """Return the address in lower case, its domain in ASCII (`xn--…`): the form in which identifiers are compared.

    The local part is lowered too: providers that tell `Ann@` from `ann@` are rarer than people who type both. Dots and
    +tags stay, they are different mailboxes elsewhere. No look-up is made. Raises InvalidAddressError.
    """
    lowered = unicodedata.normalize("NFC", text.strip()).lower()
    try:
        valid = validate_email(unicodedata.normalize("NFC", lowered), check_deliverability=False)
    except (EmailNotValidError, UnicodeError) as error:
        raise InvalidAddressError(f"no e-mail address: {error}") from None
    return f"{valid.local_part}@{valid.ascii_domain}"


def normalise_phone(text: str) -> str:
    """Return a number in E.164, such as `+493012345678`; it needs its `+` and country code.

    Brazil's ninth digit and Mexico's old 1 are settled as `normalise_whatsapp` does. Raises InvalidAddressError.
    """
    if not text.strip().startswith(("+", "＋")):
        raise InvalidAddressError("a phone number starts with + and the country code")
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        raise InvalidAddressError(f"no phone number: {error}") from None
    if not phonenumbers.is_possible_number(number):
        raise InvalidAddressError("no phone number: wrong length for its country")
    return _settled(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def normalise_whatsapp(text: str) -> str:
    """Return the identifier of a WhatsApp sender: `whatsapp:+521…`, `+521…` or the bare id `521…` give one E.164 number.

    WhatsApp's ids keep old spellings: Mexican mobiles with a 1 after +52, Brazilian ones without their ninth digit,
    and Argentine ones always with a 9 that people leave out. One form is chosen for each: Mexico without the 1, Brazil
    and Argentina with the 9. A user id that replaces a hidden number (`US.1349…`) stays as it is. It is a key to compare
    by: answer to the address as the provider gave it. Raises InvalidAddressError.
    """
    bare = text.strip().removeprefix("whatsapp:")
    if _USER_ID.fullmatch(bare):
        return bare
    if bare.isascii() and bare.isdigit():
        bare = f"+{bare}"
    return _ARGENTINE_WITHOUT_9.sub(r"+549\1", normalise_phone(bare))


def parse_from(value: str) -> Mailbox:
    """Read a From header (RFC 5322, with the slips of real mail programs). Raises InvalidAddressError.

    An unquoted comma or `@` in the display name is forgiven as long as only one address can be meant. The name is
    given as it stands: encoded words in it are the caller's to decode, after the structure was read.
    """
    value = value[:_HEADER_LIMIT]
    try:
        tokens = [token for token in lex(value, "<>,;:") if token.kind != "comment"]
    except MalformedHeaderError:
        match = _LAST_ANGLE.search(value)
        if match is None:
            raise InvalidAddressError("no address in From") from None
        return Mailbox(address=normalise_email(match[1]), name="", sole=False)
    return _mailbox(tokens)


def _mailbox(tokens: list[Token]) -> Mailbox:
    marks = [token.text if token.kind == "special" else "" for token in tokens]
    if "<" not in marks:
        return Mailbox(address=normalise_email(_first(tokens)), name="", sole="," not in marks)
    start = marks.index("<")
    end = marks.index(">", start) if ">" in marks[start:] else len(tokens)
    phrase, rest = tokens[:start], tokens[end + 1 :]
    others = any("@" in token.text for token in phrase if token.kind == "word") and "," in marks[:start]
    return Mailbox(
        address=normalise_email(_joined(tokens[start + 1 : end])),
        name=_joined(phrase).strip(),
        sole=not others and end < len(tokens) and all(token.kind == "space" for token in rest),
    )


def _first(tokens: list[Token]) -> str:
    text = ""
    for token in tokens:
        if token.kind == "special" and token.text == ",":
            break
        text += token.text
    return text


def _joined(tokens: list[Token]) -> str:
    return "".join(token.text for token in tokens)


def _settled(e164: str) -> str:
    return _BRAZILIAN_MOBILE_WITHOUT_9.sub(r"+55\g<1>9\2", _MEXICAN_WITH_1.sub(r"+52\1", e164))
