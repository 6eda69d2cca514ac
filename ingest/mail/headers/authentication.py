"""Reads Gmail's Authentication-Results header (RFC 8601): whether DMARC confirms a mail's From domain."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.mail.headers.tokens import MalformedHeaderError, Token, lex

_LIMIT = 10_000
_HEADERS_LIMIT = 20
_TRACE = re.compile(r"\bby\s+(\S+)", re.IGNORECASE)

Headers = Sequence[tuple[str, str]]
Clause = list[Token]


def dmarc_pass(headers: Headers, from_domain: str, authserv_id: str = "mx.google.com") -> bool:
    """Return whether our provider confirms that the mail comes from `from_domain` (as `ascii_domain` gives it).

    `headers` are (name, value) from top to bottom. Only the topmost Authentication-Results header that names
    `authserv_id` counts, and only where the provider puts it: below its own Received line and above the next, if it
    wrote one. It must hold exactly one dmarc clause, which must be `dmarc=pass` and whose own `header.from` must be
    `from_domain`. What can't be read, or can be read in two ways, is False; so is everything below an unreadable
    header, which may be anybody's.
    """
    named = [at for at, (name, _) in enumerate(headers) if name.lower() == "authentication-results"]
    for at in named[:_HEADERS_LIMIT]:
        try:
            clauses = _clauses(headers[at][1])
        except MalformedHeaderError:
            return False
        words = [token.text.lower() for token in clauses[0] if token.kind != "space"]
        if words[:1] == [authserv_id.lower()]:
            version_1 = words[1:] in ([], ["1"])
            return version_1 and _in_place(headers, at, authserv_id) and _dmarc_passed(clauses[1:], from_domain.lower())
    return False


def _clauses(value: str) -> list[Clause]:
    """Split at the semicolons that are neither quoted nor in a comment; comments are dropped."""
    if len(value) > _LIMIT:
        raise MalformedHeaderError("too long")
    clauses: list[Clause] = [[]]
    for token in lex(value, ";="):
        if token.kind == "special" and token.text == ";":
            clauses.append([])
        elif token.kind != "comment":
            clauses[-1].append(token)
        elif '"' in token.text:
            # A local part such as "x) ; dmarc=pass (" ends the comment it is quoted in: two readings, so none.
            raise MalformedHeaderError("a quote inside a comment")
        else:
            clauses[-1].append(Token("space", " "))
    return clauses


def _dmarc_passed(clauses: list[Clause], from_domain: str) -> bool:
    dmarc = [clause for clause in clauses if _method(clause) == "dmarc"]
    if len(dmarc) != 1 or not from_domain:
        return False
    pairs = _pairs(dmarc[0])
    if pairs is None or pairs[0] != ("dmarc", "pass"):
        return False
    return [value for key, value in pairs if key == "header.from"] == [from_domain]


def _method(clause: Clause) -> str:
    """Return the clause's method, without a version (`dmarc/1`); anything that could be one counts."""
    text = "".join(token.text for token in clause if token.kind != "space")
    return text.lower().partition("=")[0].partition("/")[0]


def _pairs(clause: Clause) -> list[tuple[str, str]] | None:
    """Read `key=value key=value …`, all plain ASCII words; None where the clause is anything else."""
    tokens = [token for token in clause if token.kind != "space"]
    if not tokens or [token.kind for token in tokens] != ["word", "special", "word"] * (len(tokens) // 3):
        return None
    if not all(token.text.isascii() for token in tokens):
        return None
    return [(key.text.lower(), value.text.lower()) for key, value in zip(tokens[::3], tokens[2::3], strict=True)]


def _in_place(headers: Headers, at: int, authserv_id: str) -> bool:
    """A sender can write any header, but only below the Received line of the provider."""
    received = [n for n, (name, _) in enumerate(headers) if name.lower() == "received"]
    ours = next((n for n in received if _receiving_host(headers[n][1]) == authserv_id.lower()), None)
    if ours is None:
        return True
    following = next((n for n in received if n > ours), len(headers))
    return ours < at < following


def _receiving_host(received: str) -> str:
    match = _TRACE.search(received[:_LIMIT])
    return match[1].lower().rstrip(";") if match else ""
