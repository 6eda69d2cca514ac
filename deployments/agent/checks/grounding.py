"""Grounding: sentences of a draft that no passage supports are dropped.

The check is strict on purpose: a word, name, figure, menu step or denial that the passage lacks makes a sentence
unsupported. Losing a correct paraphrase costs a sentence, passing an invention costs the customer's trust.
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
from embeddings import lexical

WINDOW = 2
"""Consecutive sentences of a passage that may support one sentence of a draft together."""
SUPPORT = 0.7
"""Share of a sentence's content words that the window must contain; the others must be elsewhere in the passage."""
LONGEST_SENTENCE = 1_000
"""Characters; a longer sentence is no sentence of documentation, and reading what it claims takes long."""
LONGEST_NAME = 320
"""Characters of a name or address by which a customer may be addressed."""
LEAST_WORDS = 2
"""A sentence with fewer content words and figures can be supported word for word only."""

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
    neutral: frozenset[str]
    """Words that claim nothing: NEUTRAL, and the company's names."""


def keep_supported(
    text: str, passages: Sequence[Passage], customer_names: Sequence[str] = (), *, own_names: Sequence[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return `text` without its unsupported sentences, and the slugs of the passages that support the others.

    Polite sentences without a claim are kept, but a text without any supported sentence becomes ''. `customer_names`
    (names and addresses) are no claim where the customer is addressed by them, `own_names` (the company's) nowhere.
    """
    ours = tuple(own_names)
    known = [_known(passage.slug, passage.title, passage.content, ours) for passage in passages]
    salutation = _salutation(customer_names)
    used: dict[str, None] = {}
    lines = []
    for line in text.split("\n"):
        kept = []
        for sentence in sentences(line):
            slug = _supporter(salutation.sub("", sentence), known)
            if slug is not None:
                kept.append(sentence)
                used.setdefault(slug)
        lines.append("".join(kept).rstrip())
    used.pop("", None)
    return (re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() if used else ""), tuple(used)


def _salutation(customer_names: Sequence[str]) -> re.Pattern[str]:
    """Match names in direct address (after a greeting, a comma or the start, before punctuation), and addresses."""
    known = [word for word in customer_names if 0 < len(word) <= LONGEST_NAME]
    names = "|".join(re.escape(word) for word in known if not _ADDRESS.match(word)) or r"(?!)"
    addresses = "|".join(re.escape(word) for word in known if _ADDRESS.match(word)) or r"(?!)"
    spoken_to = rf"(?:^\W*|{_GREETING}|,\s*)(?:{names})(?:\s+(?:{names}))*(?=\s*(?:[,.!?:;–—]|$))"
    return re.compile(rf"{spoken_to}|(?<!\S)(?:{addresses})\b")


def _supporter(sentence: str, known: Sequence[_Known]) -> str | None:
    """Return the slug of the passage that supports a sentence, '' for mere politeness, None for no support."""
    if len(sentence) > LONGEST_SENTENCE:
        return None
    sentence = _FEEL_FREE.sub("", _LIST_MARK.sub("", sentence)).lstrip(" ,")
    claims = read(sentence)
    if sentence.strip() and not any(c.isalnum() for c in sentence):  # rest of a table, row of symbols
        return None
    if claims.stems <= POLITE and not claims.figures:
        # Neither a single word nor a promise.
        phrase = bool(claims.stems) and " " in sentence.strip() and not _PROMISE.search(sentence)
        return "" if phrase or not sentence.strip() else None
    verbatim = " ".join(sentence.split())
    for passage in known:
        if verbatim in passage.lines:
            return passage.slug
    if _FIRST_PERSON.search(sentence):  # the documentation has no first person: a promise or a report
        return None
    scores = {passage.slug: _supported(sentence, claims, claims.stems - passage.neutral, passage) for passage in known}
    best = max(scores, key=lambda slug: scores[slug], default=None)
    return best if best is not None and scores[best] > 0 else None


def _supported(sentence: str, claims: Claims, content: frozenset[str], passage: _Known) -> float:
    """Return the share of content words in the passage's best window, 0 without support."""
    if len(content - BOUND - POLITE) + len(claims.figures) < LEAST_WORDS or not content <= passage.stems:
        return 0.0
    best = 0.0
    for first in range(len(passage.claims)):
        for size in range(1, min(WINDOW, len(passage.claims) - first) + 1):
            window = passage.claims[first : first + size]
            words = frozenset().union(passage.title.stems, *(line.stems for line in window))
            share = len(content & words) / len(content)
            if share > best and share >= SUPPORT and _agrees(claims, window, passage):
                best = share
    if best and _contradicts(claims, passage):
        return 0.0
    if best and _REPORT.search(sentence) and not any(_REPORT.search(line) for line in passage.lines):
        return 0.0  # such as "your account has been unlocked"
    return best


def _agrees(claims: Claims, window: Sequence[Claims], passage: _Known) -> bool:
    """Return whether the window contains all names, figures, steps and denials of the sentence."""
    names = frozenset().union(passage.title.stems, *(line.stems for line in window))
    return (
        _names(claims, passage) <= names
        and all(
            any((number, unit) in line.figures or (not unit and number in line.numbers) for line in window)
            for number, unit in claims.figures
        )
        and claims.steps <= frozenset().union(*(line.steps for line in window))
        and claims.heads <= frozenset().union(*(line.denied for line in window))
    )


def _names(claims: Claims, passage: _Known) -> frozenset[str]:
    """Return the sentence's names, and its words that are names in the passage or BOUND."""
    known = frozenset().union(*(line.names for line in passage.claims))
    return (claims.names - passage.neutral) | (claims.stems & (known | BOUND))


def _contradicts(claims: Claims, passage: _Known) -> bool:
    """Return whether the passage's nearest sentence denies or restricts the claims, or has another subject."""
    nearest = max(passage.claims, key=lambda line: (len(line.stems & claims.stems), -len(line.stems)))
    known = nearest.stems | passage.title.stems
    other_subject = claims.subject in _names(claims, passage) and claims.subject not in known
    limited = nearest.limited & claims.stems
    unrestricted = limited and len(nearest.limits & claims.stems) < len(nearest.limits) / 2
    return other_subject or bool(unrestricted) or bool((nearest.heads & claims.asserted) - nearest.asserted)


@lru_cache(maxsize=512)
def _known(slug: str, title: str, content: str, own_names: tuple[str, ...]) -> _Known:
    lines = tuple(line.strip() for line in sentences(" ".join(plain(content).split())) if line.strip())
    claims = tuple(read(line) for line in lines)
    heading = read(title)
    stems = frozenset().union(heading.stems, *(line.stems for line in claims))
    neutral = NEUTRAL.union(*(lexical.term_set(name) for name in own_names))
    return _Known(slug=slug, lines=lines, claims=claims, title=heading, stems=stems, neutral=neutral)
