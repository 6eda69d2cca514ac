"""Reads the sender of a mail from its From header, in the normal form of identifiers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from ingest.identifiers import normalise_email
from ingest.mail.header_tokens import MalformedHeaderError, Token, lex

_HEADER_LIMIT = 2_000
_LAST_ANGLE = re.compile(r"<([^<>\s]+@[^<>\s]+)>\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Who a From header names. `sole` is False where it names several, or can be read in more than one way."""

    address: str
    name: str
    sole: bool


def ascii_domain(address: str) -> str:
    """Return the domain of a normalised address as DNS and mail headers spell it (`xn--…`); '' if there is none."""
    try:
        return str(validate_email(address, check_deliverability=False, test_environment=True).ascii_domain)
    except EmailNotValidError:
        return ""


def parse_from(value: str) -> Mailbox:
    """Read a From header (RFC 5322, with the slips of real mail programs). Raises InvalidIdentifierError.

    An unquoted comma or `@` in the display name is forgiven as long as only one address can be meant. Encoded
    words in the name are left to the caller, who may decode them only now that the structure was read.
    """
    value = value[:_HEADER_LIMIT]
    try:
        tokens = [token for token in lex(value, "<>,;:") if token.kind != "comment"]
    except MalformedHeaderError:
        match = _LAST_ANGLE.search(value)
        return Mailbox(address=normalise_email(match[1] if match else ""), name="", sole=False)
    return _mailbox(tokens)


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
