"""Makes draft sentences from the documentation by rule: paraphrases that stay true, and sentences made wrong.

Each rule changes one thing, so that the figures show what the groundedness check can and cannot detect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from deployments.rules.formatting import sentences
from embeddings.chunker import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSentence:
    """A sentence of a draft about `slug`; `kind` names the rule, `supported` whether the passage supports it."""

    slug: str
    kind: str
    text: str
    supported: bool


_SWAPS = (
    ("minutes", "weeks"),
    ("hours", "minutes"),
    ("days", "hours"),
    ("characters", "digits"),
    ("rows", "files"),
    ("MB", "GB"),
    ("at least", "at most"),
    ("at most", "at least"),
    ("before", "after"),
    ("after", "before"),
)
_ROLES = (("Owners", "Guests"), ("Owner", "Guest"), ("Admins", "Guests"), ("Admin", "Guest"), ("Members", "Guests"))
_STEPS = (
    "restart your computer",
    "clear the DNS cache",
    "send a photo of your passport",
    "install the desktop agent",
    "wait for a call from the bank",
    "sign the printed form",
)
_REPORTS = (
    "I have done this for you: {}.",
    "We will {} for you today.",
    "Your request has been completed and you will {} tomorrow.",
)
_WORDS = {"two": "2", "three": "3", "five": "5", "six": "6", "ten": "10"}


def wrong(sections: Sequence[Section]) -> Iterator[DraftSentence]:
    """Yield sentences of the documentation that were made wrong, one for each rule that applies."""
    menus = cycle(re.findall(r"> ([A-Z][a-z]+)", " ".join(section.content for section in sections)))
    steps, reports = cycle(_STEPS), cycle(_REPORTS)
    for section in sections:
        for line in _lines(section):
            another = next(name for name in menus if name not in line)
            made: Mapping[str, str] = {
                "figure": _first(
                    line, r"\b\d[\d,]*\b(?![-.\d])", lambda m: str(int(m.group().replace(",", "")) * 3 + 7)
                ),
                "unit": _swapped(line, _SWAPS),
                "menu": _first(line, r"(?<=> )[A-Z][a-z]+", another),
                "role": _swapped(line, _ROLES),
                "denial": _denied(line),
                "step": re.sub(r"[.]$", f", and then {next(steps)}.", line),
                "report": next(reports).format(re.sub(r"^To ", "", line).rstrip(".").split(",")[0].lower()),
            }
            yield from (
                DraftSentence(slug=section.slug, kind=kind, text=text, supported=False)
                for kind, text in made.items()
                if text not in ("", line)
            )


def restated(sections: Sequence[Section]) -> Iterator[DraftSentence]:
    """Yield sentences of the documentation verbatim and in paraphrases of the same meaning."""
    for section in sections:
        for line in _lines(section):
            yield DraftSentence(slug=section.slug, kind="verbatim", text=line, supported=True)
            made: Mapping[str, str] = {
                "turned": re.sub(r"^To ([^,]+), (open|click|choose|press) (.+?)\.$", r"Please \2 \3 to \1.", line),
                "announced": re.sub(r"^To ([^,:]+), (\w.+)$", r"You can \1 as follows: \2", line),
                "verbs": line.replace("click", "select").replace("choose", "pick").replace("e-mail", "email"),
                "digits": _first(line, rf"\b(?:{'|'.join(_WORDS)})\b", lambda m: _WORDS[m.group()]),
                "contracted": line.replace("cannot", "can't").replace("does not", "doesn't").replace("is not", "isn't"),
                "part": line.partition(", and ")[0] + "." if ", and " in line else "",
            }
            yield from (
                DraftSentence(slug=section.slug, kind=kind, text=text, supported=True)
                for kind, text in made.items()
                if text not in ("", line)
            )


def _lines(section: Section) -> list[str]:
    return [line.strip() for line in sentences(" ".join(section.content.split())) if line.strip()]


def _first(line: str, pattern: str, change: str | Callable[[re.Match[str]], str]) -> str:
    return re.sub(pattern, change, line, count=1)


def _swapped(line: str, pairs: Sequence[tuple[str, str]]) -> str:
    for one, other in pairs:
        if re.search(rf"\b{one}\b", line) and other not in line:
            return re.sub(rf"\b{one}\b", other, line)
    return ""


def _denied(line: str) -> str:
    for yes, no in ((" cannot ", " can "), (" does not ", " does "), (" is not ", " is "), (" are not ", " are ")):
        if yes in line:
            return line.replace(yes, no, 1)
    for yes, no in ((" can ", " cannot "), (" is ", " is not "), (" are ", " are not "), (" must ", " must not ")):
        if yes in line:
            return line.replace(yes, no, 1)
    return ""
