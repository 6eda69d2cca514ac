"""Reads the sender of a mail from its From header. What has arrived has an address: odd ones are taken as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from ingest.identifiers import InvalidIdentifierError, normalise_email
from ingest.mail.headers.tokens import MalformedHeaderError, Token, lex
from ingest.mail.parts.charsets import decode_words

_HEADER_LIMIT = 2_000
_LAST_ANGLE = re.compile(r"<([^<>\s]{1,400}@[^<>\s]{1,400})>\s*$")
_AROUND_AT = re.compile(r"(?<!\s)\s*+@\s*+")
_LOCAL = r'(?:"(?:[^"\\\s<>,@\x00-\x1f\x7f]| ){1,250}"|[^"\\\s<>,;:()\[\]@\x00-\x1f\x7f]{1,250})'
_DOMAIN = r"(?:[\w-]{1,63}\.){1,20}[^\W\d_][\w-]{1,62}"
_HOST = r"[\w-]{1,63}|\[(?:ipv6:)?[\da-f.:]{3,45}\]"
_AS_IT_IS = re.compile(rf"({_LOCAL})@({_DOMAIN}|{_HOST})")
_ANYWHERE = re.compile(
    rf"(?:^|[\s<>\"',;:()\[\]])([\w.!#$%&*+/=?^`{{|}}~-]{{1,250}}@{_DOMAIN})(?=$|[\s<>\"',;:()\[\]])"
)
_DOT_ATOM = re.compile(r'"([\w!#$%&\'*+/=?^`{|}~-]+(?:\.[\w!#$%&\'*+/=?^`{|}~-]+)*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Who a From header names. `sole` is False where it names several, or can be read in more than one way."""

    address: str
    name: str
    sole: bool


def ascii_domain(address: str) -> str:
    """Return the domain of a normalised address as DNS and mail headers spell it (`xn--…`); '' if there is none."""
    domain = address.rpartition("@")[2]
    try:
        found = validate_email(f"x@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return domain if domain.isascii() else ""
    return str(found.ascii_domain)


def mail_address(text: str) -> str:
    """Return the normal form of an address that mail came from. Raises InvalidIdentifierError.

    Rules that hold for a form are no reason to refuse mail that Gmail delivered: dots anywhere, quoted names, long
    ones, underscores in domains, hosts without a domain (but `localhost`) and IP addresses are let through, in lower
    case; `mailto:` and a dot at the end are dropped.
    """
    bare = _AROUND_AT.sub("@", text.strip()).rstrip(".")
    bare = bare[7:] if bare[:7].lower() == "mailto:" else bare
    quoted, _, domain = bare.rpartition("@")
    if match := _DOT_ATOM.fullmatch(quoted):
        bare = f"{match[1]}@{domain}"
    try:
        return normalise_email(bare)
    except InvalidIdentifierError:
        match = _AS_IT_IS.fullmatch(bare.lower())
        if match is None or match[2] in SPECIAL_USE_DOMAIN_NAMES:
            raise
    return f"{match[1]}@{match[2]}"


def parse_from(value: str) -> Mailbox:
    """Read a From header (RFC 5322, with the slips of real mail programs). Raises InvalidIdentifierError.

    An unquoted comma or `@` in the display name is forgiven as long as only one address can be meant; of a group the
    first member counts. Encoded words in the name are left to the caller, who may decode them only now that the
    structure was read.
    """
    value = value[:_HEADER_LIMIT]
    try:
        return _mailbox([token for token in lex(value, "<>,;:") if token.kind != "comment"])
    except (MalformedHeaderError, InvalidIdentifierError):
        # Some programs encode the whole header, address included.
        value = decode_words(value)
        match = _LAST_ANGLE.search(value) or _ANYWHERE.search(value)
        return Mailbox(address=mail_address(match[1] if match else ""), name="", sole=False)


def _mailbox(tokens: list[Token]) -> Mailbox:
    marks = [token.text if token.kind == "special" else "" for token in tokens]
    if "<" not in marks:
        return _bare(tokens, marks)
    start = marks.index("<")
    end = marks.index(">", start) if ">" in marks[start:] else len(tokens)
    phrase, rest = tokens[:start], tokens[end + 1 :]
    within = _after_colon(tokens[start + 1 : end], marks[start + 1 : end])
    several = "," in marks[:start] and any("@" in token.text for token in phrase if token.kind == "word")
    group = ":" in marks[:start]
    return Mailbox(
        address=mail_address(_spelled(within)),
        name=_joined(phrase).strip(),
        sole=not several and not group and end < len(tokens) and all(token.kind == "space" for token in rest),
    )


def _bare(tokens: list[Token], marks: list[str]) -> Mailbox:
    """Read a header without angle brackets: an address, the first of several, or the first member of a group."""
    group = ":" in marks and "mailto" not in [token.text.lower() for token in tokens]
    start = marks.index(":") + 1 if group else 0
    end = next((n for n in range(start, len(tokens)) if marks[n] in (",", ";")), len(tokens))
    part = _after_colon(tokens[start:end], marks[start:end])
    return Mailbox(address=mail_address(_spelled(part)), name="", sole=end == len(tokens) and not group)


def _after_colon(tokens: list[Token], marks: list[str]) -> list[Token]:
    """Drop what stands before an address and a colon: `mailto:`, or the route of old mail."""
    return tokens[len(marks) - marks[::-1].index(":") :] if ":" in marks else tokens


def _spelled(tokens: Sequence[Token]) -> str:
    """Return an address as it was spelled, with its quotes."""
    return "".join(f'"{token.text}"' if token.kind == "quoted" else token.text for token in tokens)


def _joined(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)
