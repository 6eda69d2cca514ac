"""Groundedness of drafts in other languages than the documents': each sentence is checked by its translation.

The model that wrote a draft translates its sentences into English. The translation is checked like any draft, and a
sentence stays where its translation does. The translator is the writer and is not believed alone: figures, denials and
codes, which need no dictionary or a small one, must agree between a sentence and its translation, and codes stand in a
passage as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from db.records import Passage
from deployments.agent.checks.claim_words import DENIALS
from deployments.agent.checks.guardrails import UNSUPPORTED
from deployments.agent.run_context import Review
from deployments.rules.formatting import plain, sentences

DOCUMENTS = "en"
"""The language of the documents for which this check was measured."""

_DENYING: Mapping[str, str] = {
    "de": r"nicht|kein\w*|nie|niemals|niemand\w*|ohne|weder|nichts|nirgends|unmöglich|außer",
    "fr": r"pas|jamais|aucune?|rien|sans|ni|impossible|sauf",
    "es": r"no|nunca|jamás|nadie|ning[uú]n\w*|sin|ni|nada|tampoco|imposible|excepto|salvo",
    "it": r"non|mai|nessun\w*|senza|né|niente|nulla|impossibile|tranne",
    "pt": r"não|nunca|ninguém|nenhum\w*|sem|nem|jamais|nada|impossível|exceto",
}
LANGUAGES = frozenset(_DENYING)
"""ISO 639-1 codes of the languages in which a draft can be checked so."""

_DENIES = {code: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for code, words in _DENYING.items()}
_GROUPED = re.compile(r"(?<=\d)[.,\s\u00a0\u202f](?=\d{3}(?!\d))")
_DIGITS = re.compile(r"\d+")
_CODE = re.compile(r"(?<!\w)[A-Z][A-Z0-9]+(?:[.\-/][A-Z0-9]+)*(?!\w)|(?<!\S)[/@][\w-]+")
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_SPELT_OUT = 12
"""Languages spell out numbers up to this one, so that a translation may hold it in digits first."""


def lines_of(draft: str) -> list[str]:
    """Return the sentences of a draft that are to be translated, in order."""
    return [sentence.strip() for line in plain(draft).split("\n") for sentence in sentences(line) if sentence.strip()]


def reviewed(
    draft: str,
    translations: Sequence[str],
    *,
    language: str,
    passages: Sequence[Passage],
    check: Callable[[str], Review],
) -> Review:
    """Return a draft without the sentences whose translation is not supported, or the problem of its translation.

    `translations` are those of `lines_of` the draft, one each; `check` reviews an English text against the passages.
    """
    english = [" ".join(plain(line).split()) for line in translations]
    whole = check("\n".join(english))
    if whole.problem:
        return replace(whole, text=draft)
    supported = set(whole.text.split("\n"))
    known = "\n".join(f"{passage.title}\n{passage.content}" for passage in passages)
    kept = {
        place
        for place, (sentence, line) in enumerate(zip(lines_of(draft), english, strict=True))
        if line in supported and agree(sentence, line, language) and _codes_known(sentence, known)
    }
    # What is left may be politeness only, which is no answer.
    rest = check("\n".join(line for place, line in enumerate(english) if place in kept)) if kept else None
    if rest is None or rest.problem:
        return Review(text=draft, problem=UNSUPPORTED)
    return Review(text=_only(draft, kept), sources=rest.sources)


def agree(sentence: str, translation: str, language: str) -> bool:
    """Return whether figures, codes and denials of a sentence and its English translation agree."""
    own, other = _figures(sentence), _figures(translation)
    denied = any(word.replace("'", "").replace("’", "") in DENIALS for word in _WORD.findall(translation.lower()))
    return (
        own <= other
        and all(int(figure) <= _SPELT_OUT for figure in other - own)
        and set(_CODE.findall(sentence)) == set(_CODE.findall(translation))
        and denied == bool(_DENIES[language].search(sentence))
    )


def _figures(text: str) -> set[str]:
    return set(_DIGITS.findall(_GROUPED.sub("", text)))


def _codes_known(sentence: str, known: str) -> bool:
    return all(code in known for code in _CODE.findall(sentence))


def _only(draft: str, kept: set[int]) -> str:
    """Return the draft's sentences at these places of `lines_of`, in its paragraphs."""
    place, lines = 0, []
    for line in plain(draft).split("\n"):
        words = []
        for sentence in sentences(line):
            if sentence.strip():
                words += [sentence] if place in kept else []
                place += 1
        lines.append("".join(words).rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
