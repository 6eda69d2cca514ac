"""Every claim comes from a passage: sentences of a draft that no passage supports are dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from db.records import Passage
from deployments.formatting import sentences
from embeddings import lexical

SUPPORT = 0.6
"""Share of a sentence's content words that one passage must have."""

_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|-)\s+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_POLITE_WORDS = """
    happy help helpful hope glad sorry ask question reply mail e message answer found again part details describe more
    few anything further welcome great good look forward contact write feel free assist assistance steps following
    follow below above i you we that solve problem trouble work day nice wish note
"""
_POLITE = frozenset(lexical.stem(word) for word in _POLITE_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Known:
    slug: str
    stems: frozenset[str]
    numbers: frozenset[str]


def keep_supported(text: str, passages: Sequence[Passage]) -> tuple[str, tuple[str, ...]]:
    """Return `text` without its unsupported sentences, and the slugs of the passages that support the rest.

    A sentence is supported by a passage that has all its numbers and at least SUPPORT of its content words.
    Politeness without content stays, but not alone: a text without one supported sentence becomes ''.
    """
    known = [_known(passage) for passage in passages]
    used: dict[str, None] = {}
    lines = []
    for line in text.split("\n"):
        kept = []
        for sentence in sentences(line):
            slug = _supporter(sentence, known)
            if slug is not None:
                kept.append(sentence)
                used.setdefault(slug)
        lines.append("".join(kept).rstrip())
    used.pop("", None)
    return (re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() if used else ""), tuple(used)


def _supporter(sentence: str, known: Sequence[_Known]) -> str | None:
    """Return the slug of the best passage, '' for mere politeness, None for an unsupported claim."""
    sentence = _LIST_MARK.sub("", sentence)
    numbers = set(_NUMBER.findall(sentence))
    claims = {stem for stem in lexical.terms(sentence) if stem not in _POLITE}
    if not claims and not numbers:
        return ""
    best = max((k for k in known if numbers <= k.numbers), key=lambda k: len(claims & k.stems), default=None)
    if best is None or len(claims & best.stems) < SUPPORT * len(claims):
        return None
    return best.slug


def _known(passage: Passage) -> _Known:
    text = f"{passage.title}. {passage.content}"
    return _Known(slug=passage.slug, stems=frozenset(lexical.terms(text)), numbers=frozenset(_NUMBER.findall(text)))
