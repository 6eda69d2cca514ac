"""Splits mail headers into tokens (RFC 5322, section 3.2): quoted strings, nested comments, words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

Kind = Literal["word", "quoted", "comment", "special", "space"]
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PARENTHESES = re.compile(r"\\.|[()]", re.DOTALL)


class MalformedHeaderError(ValueError):
    """A quoted string or a comment does not end, or a character has no place in a header.

    Such a header proves nothing: the caller goes on as if it were missing.
    """


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a header; `text` is without its quotes or parentheses, and unescaped."""

    kind: Kind
    text: str


def lex(value: str, specials: str) -> Iterator[Token]:
    """Yield the tokens of a header value; each character of `specials` is a token of its own.

    Comments nest, quotes inside a comment mean nothing, a backslash takes away the next character's meaning. Linear
    in the length of `value`, without recursion. Raises MalformedHeaderError.
    """
    pattern, at = _pattern(specials), 0
    while at < len(value):
        match = pattern.match(value, at)
        if match is None or match.lastgroup is None:
            raise MalformedHeaderError(f"unexpected {value[at]!r} at {at}")
        end = _comment_end(value, at) if match.lastgroup == "comment" else match.end()
        yield _token(match.lastgroup, value[at:end])
        at = end


@cache
def _pattern(specials: str) -> re.Pattern[str]:
    own = re.escape(specials)
    return re.compile(
        r"(?P<space>[ \t\r\n]+)"
        r'|(?P<quoted>"(?:[^"\\\x00]++|\\[^\x00])*+")'
        r"|(?P<comment>\()"
        rf"|(?P<special>[{own}])"
        rf'|(?P<word>[^\x00-\x20\x7f"(){own}]+)',
        re.DOTALL,
    )


def _token(kind: str, text: str) -> Token:
    match kind:
        case "quoted" | "comment":
            return Token(kind, _ESCAPED.sub(r"\1", text[1:-1]))
        case "space":
            return Token("space", " ")
        case "special":
            return Token("special", text)
        case _:
            return Token("word", text)


def _comment_end(value: str, start: int) -> int:
    depth = 0
    for match in _PARENTHESES.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    raise MalformedHeaderError(f"the comment at {start} does not end")
