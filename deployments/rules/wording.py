"""What the words of a message say about escalation: asked for, mentioned, or part of a question about the product."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import ascii_lowercase
from typing import Literal, get_args

from deployments.rules.phrases import FOREIGN, HOW_TO, KEYWORDS, MENTIONS, NOT_MISSPELT, PRODUCT, REQUESTS, WORD_LISTS

WordReason = Literal["legal", "refund", "pricing", "human_request"]
WORD_REASONS: tuple[WordReason, ...] = get_args(WordReason)
EVIDENCE_CHARACTERS = 80


class Wording(StrEnum):
    """How plainly the words speak of a class, strongest first."""

    UNREAD = "unread"
    """The request itself in words that the classifier does not read (another language, a keyword misspelt): escalates
    whatever that thinks."""
    REQUEST = "request"
    """The request itself in English: escalates unless the classifier is all but certain that nothing is asked."""
    MENTION = "mention"
    """A word of that class, in no context that tells what is meant."""
    PRODUCT = "product"
    """Such words, all of them in a context that asks for nothing: a price field, the refund report, "no refund"."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSigns:
    """The wording of each class, and the matched words (at most 80 characters, plain spelling)."""

    wording: Mapping[WordReason, Wording]
    evidence: Mapping[WordReason, str]


def read_words(subject: str, text: str) -> WordSigns:
    """Look for the four classes in subject and text; no message is too strange for it, an empty one says nothing."""
    found = _found(subject, text, _CORRECTIONS)
    if any(wording is Wording.REQUEST for wording, _ in found.values()):
        as_spelt = _found(subject, text, {})
        found = {reason: _unread(found[reason], as_spelt[reason]) for reason in WORD_REASONS}
    return WordSigns(
        wording={reason: wording for reason, (wording, _) in found.items()},
        evidence={reason: words[:EVIDENCE_CHARACTERS].strip() for reason, (_, words) in found.items()},
    )


def _found(subject: str, text: str, corrections: Mapping[str, str]) -> dict[WordReason, tuple[Wording, str]]:
    sentences = [*_sentences(subject, corrections), *_sentences(text, corrections)]
    return {reason: _strongest(reason, sentences) for reason in WORD_REASONS}


def _unread(corrected: tuple[Wording, str], as_spelt: tuple[Wording, str]) -> tuple[Wording, str]:
    """A request that is one only once its keyword is spelt right is nothing that the classifier has read."""
    misspelt = corrected[0] is Wording.REQUEST and _ORDER[as_spelt[0]] > _ORDER[Wording.REQUEST]
    return (Wording.UNREAD, corrected[1]) if misspelt else corrected


def plain(text: str, corrections: Mapping[str, str] | None = None) -> str:
    """Lower case without accents, apostrophes and addresses; misspelt keywords corrected; `|` ends a sentence.

    `corrections`: right spellings by wrong ones, None for those of the keywords.
    """
    corrections = _CORRECTIONS if corrections is None else corrections
    text = _ADDRESS.sub(" ", text.replace("’", "'").replace("`", "'"))
    letters = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(letter for letter in letters if not unicodedata.combining(letter)).replace("'", "")
    text = _AMOUNT.sub(r"\1 dollars ", text)
    words = _TOKEN.findall(text)
    return " ".join("|" if word in _ENDS else corrections.get(word, word) for word in words)


def _sentences(text: str, corrections: Mapping[str, str]) -> list[str]:
    """Sentences, and questions joined by "and": the how-to of one says nothing of the price asked for in the other."""
    return [sentence.strip() for sentence in _SEPARATE.split(plain(text, corrections)) if sentence.strip()]


def _strongest(reason: WordReason, sentences: Iterable[str]) -> tuple[Wording, str]:
    signs = [_read_sentence(reason, sentence) for sentence in sentences]
    return min(signs, key=lambda sign: _ORDER[sign[0]], default=(Wording.NOTHING, ""))


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
    """One pattern of whole words; `<people>` becomes a list of words, `~3` up to three words."""
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
    """Every string one missing, swapped, wrong or added letter away."""
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
