"""Who sent it, as a mail's From header or WhatsApp spells it, in the one spelling that identifiers have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from ingest.identifiers import InvalidIdentifierError, normalise_email, normalise_phone, phone_key
from ingest.mail.header_tokens import MalformedHeaderError, Token, lex

_HEADER_LIMIT = 2_000
_LAST_ANGLE = re.compile(r"<([^<>\s]+@[^<>\s]+)>\s*$")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# A business-scoped user id: WhatsApp hides the number of people who took a user name (since 2026).
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Who a From header names. `sole` is False where it names several, or can be read in more than one way."""

    address: str
    name: str
    sole: bool


def normalise_whatsapp(text: str) -> str:
    """Return the identifier of a WhatsApp sender: `whatsapp:+521…`, `+521…` and the bare id `521…` are one number.

    One spelling is chosen where a country has several (`phone_key`). A number that no numbering plan knows is taken as
    it is (WhatsApp verified it), a user id that stands for a hidden number (`US.1349…`) too. This is a key to compare
    by: answer to the address as the provider gave it. Raises InvalidIdentifierError.
    """
    bare = text.strip().removeprefix("whatsapp:").strip()
    if _USER_ID.fullmatch(bare):
        return bare
    return phone_key(_known_number(f"+{bare}" if re.fullmatch("[0-9]+", bare) else bare))


def ascii_domain(address: str) -> str:
    """Return the domain of a normalised address as DNS and mail headers spell it (`xn--…`); '' if there is none."""
    try:
        return str(validate_email(address, check_deliverability=False, test_environment=True).ascii_domain)
    except EmailNotValidError:
        return ""


def parse_from(value: str) -> Mailbox:
    """Read a From header (RFC 5322, with the slips of real mail programs). Raises InvalidIdentifierError.

    An unquoted comma or `@` in the display name is forgiven as long as only one address can be meant. The name is
    given as it stands: encoded words in it are the caller's to decode, after the structure was read.
    """
    value = value[:_HEADER_LIMIT]
    try:
        tokens = [token for token in lex(value, "<>,;:") if token.kind != "comment"]
    except MalformedHeaderError:
        match = _LAST_ANGLE.search(value)
        return Mailbox(address=normalise_email(match[1] if match else ""), name="", sole=False)
    return _mailbox(tokens)


def _known_number(number: str) -> str:
    try:
        return normalise_phone(number)
    except InvalidIdentifierError:
        if _E164.fullmatch(number):
            return number
        raise


def _mailbox(tokens: list[Token]) -> Mailbox:
    marks = [token.text if token.kind == "special" else "" for token in tokens]
    if "<" not in marks:
        end = marks.index(",") if "," in marks else len(tokens)
        return Mailbox(address=normalise_email(_joined(tokens[:end])), name="", sole=end == len(tokens))
    start = marks.index("<")
    end = marks.index(">", start) if ">" in marks[start:] else len(tokens)
    phrase, rest = tokens[:start], tokens[end + 1 :]
    several = "," in marks[:start] and any("@" in token.text for token in phrase if token.kind == "word")
    return Mailbox(
        address=normalise_email(_joined(tokens[start + 1 : end])),
        name=_joined(phrase).strip(),
        sole=not several and end < len(tokens) and all(token.kind == "space" for token in rest),
    )


def _joined(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)
