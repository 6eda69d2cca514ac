"""Reads a sentence's claims from its words: content words, names, figures, menu steps, denials, restrictions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from deployments.agent.checks.claim_words import DENIALS, FIGURES, ORDERS, PARTICLES, PHRASES, SYNONYMS, UNITS
from embeddings import lexical

_ARROW = re.compile(r"\s*(?:-+>|=+>|[→›»⟶➔➜▸])\s*")
_PHRASE = re.compile("|".join(PHRASES), re.IGNORECASE)
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)+|[^\W_]+(?:['’][^\W\d_]+)*|[>%.,;:!?()\n]")
_MEASURE = re.compile(r"(\d+)([a-z]{1,3})")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_PUNCTUATION = frozenset(".,;:!?()\n")
_DENIED_WORDS = 4
"""The scope of a denial: words after it, PARTICLES aside, up to the next punctuation mark."""
_UNIT_WORDS = 2
"""Words after a figure that are searched for its unit beyond the next ("12 or more characters")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of one sentence. Words are stems, synonyms one stem.

    `stems` are the content words, `subject` is the first of them ('' without any), `names` those capitalised inside
    the sentence. `figures` are pairs of a number and its unit ('' without one). `steps` are the words around each `>`,
    and each of ORDERS with the content word after it. Of all words, function words included, `heads` are the first
    after each denial, `denied` those in a denial's scope, `asserted` the others. `limited` and `limits` are the content
    words before and after an "only" inside a clause.
    """

    subject: str
    stems: frozenset[str]
    names: frozenset[str]
    figures: frozenset[tuple[str, str]]
    steps: frozenset[tuple[str, str]]
    heads: frozenset[str]
    denied: frozenset[str]
    asserted: frozenset[str]
    limited: frozenset[str]
    limits: frozenset[str]

    @property
    def numbers(self) -> frozenset[str]:
        """The figures without their units."""
        return frozenset(number for number, _ in self.figures)


@lru_cache(maxsize=8192)
def read(sentence: str) -> Claims:
    """Return the claims of `sentence`; cached, as the same passages are read for many drafts."""
    sentence = _PHRASE.sub(lambda match: PHRASES[match.group().lower()], _ARROW.sub(" > ", sentence))
    pieces = _TOKEN.findall(sentence)
    stems = [_stem(piece) for piece in pieces]
    heads, denied, asserted = _denials(pieces)
    limited, limits = _limits(pieces, stems)
    return Claims(
        subject=next(filter(None, stems), ""),
        stems=frozenset(filter(None, stems)),
        names=frozenset(stem for stem, piece in zip(stems[1:], pieces[1:], strict=True) if stem and piece[0].isupper()),
        figures=frozenset(_figures(pieces, stems)),
        steps=frozenset(_steps(pieces, stems)),
        heads=heads,
        denied=denied,
        asserted=asserted,
        limited=limited,
        limits=limits,
    )


def _stem(piece: str) -> str:
    """Return the stem of a content word, '' for others. Single letters are content, as words can be spelt out."""
    word = piece.lower().replace("’", "'").removesuffix("'s")
    if piece in _PUNCTUATION or piece in ">%" or _NUMBER.fullmatch(piece) or _MEASURE.fullmatch(word):
        return ""
    if word in FIGURES or _denies(word):
        return ""
    if word in ("all", "any"):
        return SYNONYMS.get(word, word)
    if not word.isascii() or (len(word) == 1 and word not in "ai"):
        return word
    found = lexical.terms(word)
    return SYNONYMS.get(found[0], found[0]) if found else ""


def _denies(word: str) -> bool:
    return word in DENIALS or word.endswith(("n't", "n’t"))


def _figures(pieces: Sequence[str], stems: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, piece in enumerate(pieces):
        word = piece.lower()
        measure = _MEASURE.fullmatch(word)
        number = FIGURES.get(word) or (measure[1] if measure else word if _NUMBER.fullmatch(word) else "")
        if number:
            yield number.replace(",", ""), UNITS.get(measure[2], measure[2]) if measure else _unit(pieces, stems, at)


def _unit(pieces: Sequence[str], stems: Sequence[str], at: int) -> str:
    for piece, stem in list(zip(pieces, stems, strict=True))[at + 1 : at + 2 + _UNIT_WORDS]:
        if piece in _PUNCTUATION:
            break
        if piece == "%" or stem in UNITS:
            return UNITS.get(stem, "percent")
    before = stems[at - 2] if at > 1 and pieces[at - 1] == "(" else ""
    return UNITS.get(before, "")


def _steps(pieces: Sequence[str], stems: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, piece in enumerate(pieces):
        if piece == ">" and 0 < at < len(pieces) - 1:
            yield pieces[at - 1].lower(), pieces[at + 1].lower()
        elif piece.lower() in ORDERS:
            yield piece.lower(), next(filter(None, stems[at + 1 :]), "")


def _limits(pieces: Sequence[str], stems: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the content words before and after an "only" inside a clause."""
    limited: set[str] = set()
    limits: set[str] = set()
    clause: list[str] = []
    behind = False
    for piece, stem in zip(pieces, stems, strict=True):
        if piece in _PUNCTUATION:
            clause, behind = clause if piece in ",(" else [], False
        elif piece.lower() == "only":
            limited.update(clause)
            behind = bool(clause)
        elif stem:
            clause.append(stem)
            limits |= {stem} if behind else set()
    return frozenset(limited), frozenset(limits)


def _denials(pieces: Sequence[str]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return (heads, denied, asserted); see Claims."""
    heads, denied, asserted, scope, at_head = set(), set(), set(), 0, False
    for at, piece in enumerate(pieces):
        word = piece.lower().replace("’", "'")
        if _denies(word) and (at == 0 or piece[0].islower()):  # "choose Never" names a menu
            scope, at_head = _DENIED_WORDS, True
        elif piece in _PUNCTUATION:
            scope = 0
        elif word not in PARTICLES and scope:
            denied.add(lexical.stem(word))
            if at_head:
                heads.add(lexical.stem(word))
            scope, at_head = scope - 1, False
        else:
            asserted.add(lexical.stem(word))
    return frozenset(heads), frozenset(denied), frozenset(asserted)
