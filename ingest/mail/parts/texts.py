"""Chooses among the texts of a mail's parts, and joins their lines."""

from __future__ import annotations

from email.message import Message

from ingest.mail.quoting.evidence import stream
from ingest.mail.quoting.layouts import LAYOUTS, key
from ingest.text import clean

TEXT_LIMIT = 60_000
_PLACEHOLDER_LIMIT = 500


def preferred(children: list[Message], texts: list[list[str]]) -> list[str]:
    """Of alternatives take the plain text if it says something, else the last (the richest) that does."""
    useful = [n for n, inner in enumerate(texts) if any(text.strip() for text in inner)]
    plain = [n for n in useful if children[n].get_content_type() == "text/plain"]
    if plain and _is_placeholder("".join(texts[plain[0]]), ["".join(texts[n]) for n in useful if n not in plain]):
        plain = []
    return texts[(plain or useful[-1:])[0]] if useful else []


def _is_placeholder(plain: str, others: list[str]) -> bool:
    """Return whether a plain part only says that the mail is to be read as HTML."""
    if (
        not others
        or len(plain) > _PLACEHOLDER_LIMIT
        or not any(one in key(clean(plain)) for one in LAYOUTS.plain_placeholders)
    ):
        return False
    return stream(clean(plain)) not in stream(clean(others[-1][:TEXT_LIMIT]))


def distinct(parts: list[str]) -> list[str]:
    """Drop a part that says what one before it says, as programs do that send plain text and HTML side by side."""
    seen: dict[str, str] = {}
    for part in parts:
        cleaned = clean(part[: TEXT_LIMIT + 1])
        seen.setdefault(stream(cleaned) or cleaned, cleaned)
    return list(seen.values())


def unflowed(text: str, *, delete: bool) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676): a space at a line's end, which `delete` takes away.

    Quoted lines stay as they are.
    """
    joined: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        soft = bool(joined) and joined[-1].endswith(" ") and joined[-1] != "-- " and not joined[-1].startswith(">")
        if soft and line.strip() and not line.startswith(">") and line != "-- ":
            joined[-1] = (joined[-1][:-1] if delete else joined[-1]) + line.removeprefix(" ")
        else:
            joined.append(line.removeprefix(" "))
    return "\n".join(joined)
