"""Every claim comes from a passage: sentences of a draft that no passage supports are dropped.

The check is strict on purpose. A word, name, figure, menu step or denial that the passage does not have makes a
sentence unsupported; a paraphrase that is lost costs a sentence, an invention that passes costs a customer's trust.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from db.records import Passage
from deployments.agent.checks.claim_words import BOUND, NEUTRAL, POLITE
from deployments.agent.checks.claims import Claims, read
from deployments.rules.formatting import plain, sentences

WINDOW = 2
"""Sentences of a passage that one sentence of a draft may draw together."""
SUPPORT = 0.7
"""Share of a sentence's content words that such a window must have; the rest stands elsewhere in the passage."""

LEAST_WORDS = 2
"""Content words and figures without which a sentence says too little to be recognised."""

_LIST_MARK = re.compile(r"^\s*(?:(?:step )?\d{1,2}[.):]|[-–•])\s+", re.IGNORECASE)
_FEEL_FREE = re.compile(r"\bfeel free\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\S+@\S+|\+\d+$")
_GREETING = r"\b(?:Dear|Hi|Hello|Hey|Thanks|Thank you|Welcome)\s+"
_PROMISE = re.compile(r"\b(?:will|shall|going to)\b|['’]ll\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\bI\b|\b(?:we|our|ours|us|my|me|mine|ourselves|myself)\b|^\W*(?:We|Our|My)\b")
_REPORT = re.compile(r"\b(?:has|have|had)\b(?: \w+){0,2} been\b|\b(?:was|were)\b|\b(?:is|are) (?:now|already)\b", re.I)


@dataclass(frozen=True, slots=True)
class _Known:
    slug: str
    lines: tuple[str, ...]
    claims: tuple[Claims, ...]
    title: Claims
    stems: frozenset[str]


def keep_supported(text: str, passages: Sequence[Passage], own: Sequence[str] = ()) -> tuple[str, tuple[str, ...]]:
    """Return `text` without its unsupported sentences, and the slugs of the passages that support the rest.

    Politeness without content stays, but not alone: a text without one supported sentence becomes ''. `own` are words
    of the customer's own (the name), which claim nothing where he is addressed by them and are words as any elsewhere.
    """
    known = [_known(passage.slug, passage.title, passage.content) for passage in passages]
    personal = _addressed(own)
    used: dict[str, None] = {}
    lines = []
    for line in text.split("\n"):
        kept = []
        for sentence in sentences(line):
            slug = _supporter(personal.sub("", sentence), known)
            if slug is not None:
                kept.append(sentence)
                used.setdefault(slug)
        lines.append("".join(kept).rstrip())
    used.pop("", None)
    return (re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() if used else ""), tuple(used)


def _addressed(own: Sequence[str]) -> re.Pattern[str]:
    """Names where somebody is spoken to (behind a greeting, a comma or at the start, and before a mark); addresses."""
    names = "|".join(re.escape(word) for word in own if word and not _ADDRESS.match(word)) or r"(?!)"
    addresses = "|".join(re.escape(word) for word in own if _ADDRESS.match(word)) or r"(?!)"
    spoken_to = rf"(?:^\W*|{_GREETING}|,\s*)(?:{names})(?:\s+(?:{names}))*(?=\s*(?:[,.!?:;–—]|$))"
    return re.compile(rf"{spoken_to}|(?<!\S)(?:{addresses})\b")


def _supporter(sentence: str, known: Sequence[_Known]) -> str | None:
    """Return the slug of the passage behind a sentence, '' for mere politeness, None for an unsupported claim."""
    sentence = _FEEL_FREE.sub("", _LIST_MARK.sub("", sentence)).lstrip(" ,")
    claims = read(sentence)
    if sentence.strip() and not any(c.isalnum() for c in sentence):  # the ruins of a table, a picture of an answer
        return None
    if claims.stems <= POLITE and not claims.figures:
        return "" if _polite(sentence, claims.stems) else None
    verbatim = " ".join(sentence.split())
    for passage in known:
        if verbatim in passage.lines:
            return passage.slug
    if _FIRST_PERSON.search(sentence):  # the documentation never speaks of itself: this is a promise or a report
        return None
    scores = {passage.slug: _supported(sentence, claims, claims.stems - NEUTRAL, passage) for passage in known}
    best = max(scores, key=lambda slug: scores[slug], default=None)
    return best if best is not None and scores[best] > 0 else None


def _polite(sentence: str, content: frozenset[str]) -> bool:
    """Tell whether a sentence without claims says something kind: not a single word, not a promise."""
    return not sentence.strip() or (bool(content) and " " in sentence.strip() and not _PROMISE.search(sentence))


def _supported(sentence: str, claims: Claims, content: frozenset[str], passage: _Known) -> float:
    """Return how well the passage's best window carries the sentence, 0 when something in it is not there."""
    if len(content - BOUND - POLITE) + len(claims.figures) < LEAST_WORDS or not content <= passage.stems:
        return 0.0
    best = 0.0
    for first in range(len(passage.claims)):
        for size in range(1, min(WINDOW, len(passage.claims) - first) + 1):
            window = passage.claims[first : first + size]
            share = _share(content, window, passage.title)
            if share > best and share >= SUPPORT and _agrees(claims, window, passage):
                best = share
    if best and (_contradicts(claims, passage) or not _reported(sentence, passage)):
        return 0.0
    return best


def _share(content: frozenset[str], window: Sequence[Claims], title: Claims) -> float:
    there = frozenset().union(title.stems, *(claims.stems for claims in window))
    return len(content & there) / len(content)


def _agrees(claims: Claims, window: Sequence[Claims], passage: _Known) -> bool:
    """Tell whether names, figures, steps and denials of the sentence all stand in the window."""
    names = frozenset().union(passage.title.stems, *(line.stems for line in window))
    return (
        _names(claims, passage) <= names
        and all(_has_figure(figure, window) for figure in claims.figures)
        and claims.steps <= frozenset().union(*(line.steps for line in window))
        and claims.heads <= frozenset().union(*(line.denied for line in window))
    )


def _names(claims: Claims, passage: _Known) -> frozenset[str]:
    """The sentence's names, with those words that are names in the passage, however the sentence writes them."""
    known = frozenset().union(*(line.names for line in passage.claims))
    return (claims.names - NEUTRAL) | (claims.stems & (known | BOUND))


def _has_figure(figure: tuple[str, str], window: Sequence[Claims]) -> bool:
    number, unit = figure
    return any(figure in line.figures or (not unit and number in line.numbers) for line in window)


def _contradicts(claims: Claims, passage: _Known) -> bool:
    """Tell whether the nearest sentence of the passage denies what this one asserts, limits it, or means another."""
    nearest = max(passage.claims, key=lambda line: (len(line.stems & claims.stems), -len(line.stems)))
    of_another = claims.subject in _names(claims, passage) and claims.subject not in nearest.stems | passage.title.stems
    limited = nearest.limited & claims.stems
    unlimited = limited and len(nearest.limits & claims.stems) < len(nearest.limits) / 2
    return of_another or bool(unlimited) or bool((nearest.heads & claims.asserted) - nearest.asserted)


def _reported(sentence: str, passage: _Known) -> bool:
    """Tell whether a report ("your account has been unlocked") is one of the passage's."""
    return not _REPORT.search(sentence) or any(_REPORT.search(line) for line in passage.lines)


@lru_cache(maxsize=512)
def _known(slug: str, title: str, content: str) -> _Known:
    lines = tuple(line.strip() for line in sentences(" ".join(plain(content).split())) if line.strip())
    claims = tuple(read(line) for line in lines)
    heading = read(title)
    stems = frozenset().union(heading.stems, *(line.stems for line in claims))
    return _Known(slug=slug, lines=lines, claims=claims, title=heading, stems=stems)
