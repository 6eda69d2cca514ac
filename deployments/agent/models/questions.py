"""What a message asks, apart from how it is wrapped: greetings, thanks, signatures, the story around the question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deployments.rules.formatting import sentences
from embeddings import lexical

QUERY_CHARACTERS = 400
"""Longest query; what lies beyond hardly changes a sentence vector."""

_REGARDS = r"(?:many thanks and )?(?:with )?(?:my )?(?:kind|best|warm)\w*(?: and \w+)? (?:regards|wishes)|regards"
_CLOSING = rf"{_REGARDS}|yours (?:sincerely|faithfully|truly)|sincerely|cheers|many thanks"
_HELLO = r"(?:dear|hi|hello|hey|hiya|good (?:morning|afternoon|evening|day))"
_WRAPPING = re.compile(
    rf"^\W*(?:dear(?:[^\w.?!]+\w+){{0,4}}|{_HELLO}(?:[^\w.?!]+\w+)?|(?:{_CLOSING})(?:[^\w.?!]+\w+){{0,8}}"
    r"|(?:many )?thank(?:s| you)\b[^?]{0,100})[^\w?]*$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    rf"^\W*{_HELLO}(?:[^\S\n]+(?:there|team|all|everyone|support|techcorp))*\b[^\w\n]+", re.IGNORECASE
)
_SIGN_OFF = re.compile(rf"^\W*(?:{_CLOSING})\W*$", re.IGNORECASE | re.MULTILINE)
_ASKS = re.compile(
    r"\?|^\W*(?:how|what|where|why|which|who|when|can|could|is|are|does|do|may|will|would|should)\b[^.]*$"
    r"|\b(?:please (?:explain|describe|tell|let|advise|help|send)|tell (?:me|us)|let (?:me|us) know|explain|describe"
    r"|(?:would|should) like to know|wonder(?:ing)? (?:how|if|whether)|is there|is it possible)\b",
    re.IGNORECASE,
)

_REFERS_BACK = re.compile(r"\b(?:it|its|that|this|them|those|these|ones?)\b", re.IGNORECASE)


def core(text: str) -> str:
    """Return the text on one line without greeting, thanks and signature; the whole text when nothing else is left."""
    sign_off = _SIGN_OFF.search(text)
    body = text[: sign_off.start()] if sign_off and sign_off.start() > 0 else text
    kept = [s for s in _sentences(body) if not _WRAPPING.match(s)]
    return _GREETING.sub("", " ".join(kept)) or " ".join(text.split())


def asking(text: str) -> list[str]:
    """Return the sentences of the core that ask something, in order."""
    return [s for s in _sentences(core(text)) if _ASKS.search(s) and lexical.terms(s)]


def first_query(text: str) -> str:
    """Return the words that stand for the message in the first search: its core, or what it asks when that is long."""
    whole = core(text)
    if len(whole) > QUERY_CHARACTERS:
        whole = " ".join(asking(text)) or whole
    return _bounded(whole)


def in_context(query: str, earlier: Sequence[str]) -> str:
    """Return a short follow-up that refers back ("and how do I delete it?") behind what it refers to; others as is."""
    if not earlier or len(lexical.term_set(query)) >= 5 or not _REFERS_BACK.search(query):
        return query
    return _bounded(f"{earlier[-1]} {query}")


def second_query(text: str, earlier: Sequence[str]) -> str:
    """Return what to look for when the first search failed: only what the text asks, with what a follow-up follows.

    A message that is nothing but its question stays as it is: bare keywords let more wrong answers through the gate
    than right ones (kb_questions.jsonl: 7 against 3).
    """
    short = len(lexical.term_set(text)) < 5
    before = [earlier[-1]] if short and earlier else []
    heading = text.strip().partition("\n\n")[0] if "\n\n" in text.strip() else ""
    parts = [*before, heading, *(asking(text) or [core(text)])]
    return _bounded(" ".join(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip())))


def _sentences(text: str) -> list[str]:
    blocks = re.split(r"\n\s*\n", text)
    return [" ".join(s.split()) for block in blocks for s in sentences(" ".join(block.split())) if s.strip()]


def _bounded(text: str) -> str:
    return text if len(text) <= QUERY_CHARACTERS else text[:QUERY_CHARACTERS].rsplit(" ", 1)[0]
