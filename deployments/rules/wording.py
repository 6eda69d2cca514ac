"""Phrase matching for escalation: whether a message requests, mentions or only talks about a class of WORD_REASONS."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from string import ascii_lowercase
from typing import Literal, get_args

from deployments.rules.phrases import (
    FOREIGN,
    HOW_TO,
    KEYWORDS,
    MENTIONS,
    NOT_MISSPELT,
    OURSELVES,
    PRODUCT,
    REQUESTS,
    WORD_LISTS,
)
from embeddings import lexical

WordReason = Literal["legal", "refund", "pricing", "human_request"]
WORD_REASONS: tuple[WordReason, ...] = get_args(WordReason)
EVIDENCE_CHARACTERS = 80


class Wording(StrEnum):
    """How explicit a message is about a class, strongest first."""

    UNREAD = "unread"
    """A request in words that the classifier does not know (another language, a misspelt keyword): escalates at any
    score."""
    REQUEST = "request"
    """A request in English: escalates unless the classifier is almost certain that there is none."""
    MENTION = "mention"
    """A word of the class, without a context that tells what is meant."""
    PRODUCT = "product"
    """Words of the class only in contexts that ask for nothing: a price field, the refund report, "no refund"."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSigns:
    """The wording of each class, and the matched words (at most 80 characters of normalised text)."""

    wording: Mapping[WordReason, Wording]
    evidence: Mapping[WordReason, str]


def read_words(subject: str, text: str, *, own_names: Sequence[str] = ()) -> WordSigns:
    """Return the strongest wording of each class in subject and text; `own_names` are the company's."""
    names = tuple(own_names)
    subject, text = (lexical.named(part, names, OURSELVES) for part in (subject, text))
    found = _found(subject, text, _CORRECTIONS)
    if any(wording is Wording.REQUEST for wording, _ in found.values()):
        # A request that is found only after spelling correction is not one that the classifier has read.
        as_spelt = _found(subject, text, {})
        found = {
            reason: (Wording.UNREAD, words)
            if wording is Wording.REQUEST and _ORDER[as_spelt[reason][0]] > _ORDER[Wording.REQUEST]
            else (wording, words)
            for reason, (wording, words) in found.items()
        }
    return WordSigns(
        wording={reason: wording for reason, (wording, _) in found.items()},
        evidence={reason: _evidence(words, names) for reason, (_, words) in found.items()},
    )


def _evidence(words: str, names: tuple[str, ...]) -> str:
    """Return matched words as they were written: with the company's name again."""
    return words.replace(OURSELVES, names[-1].lower() if names else OURSELVES)[:EVIDENCE_CHARACTERS].strip()


def _found(subject: str, text: str, corrections: Mapping[str, str]) -> dict[WordReason, tuple[Wording, str]]:
    sentences = [*_sentences(subject, corrections), *_sentences(text, corrections)]
    found = {}
    for reason in WORD_REASONS:
        signs = (_read_sentence(reason, sentence) for sentence in sentences)
        found[reason] = min(signs, key=lambda sign: _ORDER[sign[0]], default=(Wording.NOTHING, ""))
    return found


def plain(text: str, corrections: Mapping[str, str] | None = None) -> str:
    """Return the normalised text: lower case, no accents, apostrophes and addresses, `|` at the end of a sentence.

    `corrections` maps misspellings to keywords; None takes those within one edit of KEYWORDS.
    """
    corrections = _CORRECTIONS if corrections is None else corrections
    text = _ADDRESS.sub(" ", text.replace("’", "'").replace("`", "'"))
    letters = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(letter for letter in letters if not unicodedata.combining(letter)).replace("'", "")
    text = _AMOUNT.sub(r"\1 dollars ", text)
    words = _TOKEN.findall(text)
    return " ".join("|" if word in _ENDS else corrections.get(word, word) for word in words)


def _sentences(text: str, corrections: Mapping[str, str]) -> list[str]:
    """Split into sentences, and at questions joined by "and": HOW_TO in one does not apply to the other."""
    return [sentence.strip() for sentence in _SEPARATE.split(plain(text, corrections)) if sentence.strip()]


def _read_sentence(reason: WordReason, sentence: str) -> tuple[Wording, str]:
    about_product = _PRODUCT[reason].search(sentence)
    rest = _PRODUCT[reason].sub(" _ ", sentence) if about_product else sentence
    if foreign := _FOREIGN[reason].search(rest):
        return Wording.UNREAD, foreign[0]
    if asked := _REQUESTS[reason].search(rest):
        return (Wording.MENTION if _HOW_TO.search(sentence) else Wording.REQUEST), asked[0]
    if named := _MENTIONS[reason].search(rest):
        return (Wording.PRODUCT if about_product else Wording.MENTION), named[0]
    return (Wording.PRODUCT, about_product[0]) if about_product else (Wording.NOTHING, "")


def _compiled(phrases: Iterable[str]) -> re.Pattern[str]:
    """Compile phrases to one pattern of whole words; see deployments.rules.phrases for `<people>` and `~3`."""
    joined = "|".join(f"(?:{phrase})" for phrase in phrases)
    joined = re.sub(r"<(\w+)>", lambda named: WORD_LISTS[named[1]], joined)
    gaps = re.sub(r" ~(\d) ", r" (?:\\S+ ){0,\1}", joined)
    return re.compile(rf"(?<!\S)(?:{gaps})(?!\S)")


def _misspellings() -> Iterator[tuple[str, str]]:
    for keyword in KEYWORDS:
        for wrong in _one_edit(keyword):
            if wrong not in NOT_MISSPELT and wrong not in KEYWORDS:
                yield wrong, keyword


def _one_edit(word: str) -> Iterator[str]:
    """Yield every string with one letter missing, swapped with the next, wrong or added."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in ascii_lowercase)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        yield from (head + letter + tail for letter in ascii_lowercase)


_ADDRESS = re.compile(r"https?://\S+|www\.\S+|(?<!\S)[^\s@]{1,64}@\S+")
_AMOUNT = re.compile(r"[$€£]\s?(\d[\d.,]*\d|\d)|(?<!\w)(\d+)(?=[$€£])")
_SEPARATE = re.compile(
    r"\||(?<!\S)(?:and|but|plus)(?: also)? (?=(?:what|whats|how|where|who|can|could|do|does|is|please|would)\b)"
)
_ENDS = frozenset(".!?;\n:")
_TOKEN = re.compile(r"[^\W_]+|[.!?;\n]")
_ORDER = {wording: rank for rank, wording in enumerate(Wording)}
_CORRECTIONS = dict(_misspellings())
_FOREIGN = {reason: _compiled(FOREIGN[reason]) for reason in WORD_REASONS}
_REQUESTS = {reason: _compiled(REQUESTS[reason]) for reason in WORD_REASONS}
_MENTIONS = {reason: _compiled(MENTIONS[reason]) for reason in WORD_REASONS}
_PRODUCT = {reason: _compiled(PRODUCT[reason]) for reason in WORD_REASONS}
_HOW_TO = re.compile(rf"(?<!\S)(?:{HOW_TO})(?!\S)")
