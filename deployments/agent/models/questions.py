"""Extracts the question of a message from greetings, thanks, signatures and context, and builds search queries."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deployments.rules.formatting import sentences
from embeddings import lexical

QUERY_CHARACTERS = 400
"""Longest query; more text hardly changes a sentence embedding."""

_REGARDS = r"(?:many thanks and )?(?:with )?(?:my )?(?:kind|best|warm)\w*(?: and \w+)? (?:regards|wishes)|regards"
_CLOSING = rf"{_REGARDS}|yours (?:sincerely|faithfully|truly)|sincerely|cheers|many thanks"
_HELLO = r"(?:dear|hi|hello|hey|hiya|good (?:morning|afternoon|evening|day))"
_WRAPPING = re.compile(
    rf"^\W*+(?:dear(?:[^\w.?!]+\w+){{0,4}}|{_HELLO}(?:[^\w.?!]+\w+)?|(?:{_CLOSING})(?:[^\w.?!]+\w+){{0,8}}"
    r"|(?:many )?thank(?:s| you)\b[^?]{0,100})[^\w?]*$",
    re.IGNORECASE,
)
_GREETING = re.compile(rf"^\W*+{_HELLO}(?:[^\S\n]+(?:there|team|all|everyone|support))*\b[^\w\n]+", re.IGNORECASE)
# Blanks and marks of its own line only: `\W*` would read all the lines that follow, from each of them again.
_SIGN_OFF = re.compile(rf"^[^\w\n]*+(?:{_CLOSING})[^\w\n]*+$", re.IGNORECASE | re.MULTILINE)
_ASKS = re.compile(
    r"\?|^\W*+(?:how|what|where|why|which|who|when|can|could|is|are|does|do|may|will|would|should)\b[^.]*$"
    r"|\b(?:please (?:explain|describe|tell|let|advise|help|send)|tell (?:me|us)|let (?:me|us) know|explain|describe"
    r"|(?:would|should) like to know|wonder(?:ing)? (?:how|if|whether)|is there|is it possible)\b",
    re.IGNORECASE,
)

_REFERS_BACK = re.compile(r"\b(?:it|its|that|this|them|those|these|ones?)\b", re.IGNORECASE)


def core(text: str) -> str:
    """Return the text on one line without greeting, thanks and signature; the whole text if nothing else is left."""
    sign_off = _SIGN_OFF.search(text)
    body = text[: sign_off.start()] if sign_off and sign_off.start() > 0 else text
    kept = [s for s in _sentences(body) if not _WRAPPING.match(s)]
    return _GREETING.sub("", " ".join(kept)) or " ".join(text.split())


def asking(text: str) -> list[str]:
    """Return the sentences of the `core` that ask something, in order."""
    return [s for s in _sentences(core(text)) if _ASKS.search(s) and lexical.terms(s)]


def first_query(text: str) -> str:
    """Return the query of the first search: the message's core, or only its questions if that is too long."""
    whole = core(text)
    if len(whole) > QUERY_CHARACTERS:
        whole = " ".join(asking(text)) or whole
    return _bounded(whole)


def in_context(query: str, earlier: Sequence[str]) -> str:
    """Return a short follow-up ("and how do I delete it?") behind the previous message; other queries as they are."""
    if not earlier or len(lexical.term_set(query)) >= 5 or not _REFERS_BACK.search(query):
        return query
    return _bounded(f"{earlier[-1]} {query}")


def second_query(text: str, earlier: Sequence[str]) -> str:
    """Return the query of the second search: the text's questions, behind the previous message if the text is short.

    They keep the subject, or, where they refer back, the rest of the message instead. A mere question stays as it is.
    """
    short = len(lexical.term_set(text)) < 5
    before = [earlier[-1]] if short and earlier else []
    heading, _, body = text.strip().partition("\n\n")
    if any(_REFERS_BACK.search(question) for question in asking(body)):
        # "How can I reset it?" needs what was said before it, and not the subject, which the first search had.
        parts = [*before, first_query(body)]
    else:
        parts = [*before, heading if body else "", *(asking(text) or [core(text)])]
    return _bounded(" ".join(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip())))


def _sentences(text: str) -> list[str]:
    blocks = re.split(r"\n\s*\n", text)
    return [" ".join(s.split()) for block in blocks for s in sentences(" ".join(block.split())) if s.strip()]


def _bounded(text: str) -> str:
    return text if len(text) <= QUERY_CHARACTERS else text[:QUERY_CHARACTERS].rsplit(" ", 1)[0]
