"""A list of choices that is sent to a customer, read back from what was sent; and which of them a reply names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz, utils

OTHER = "Something else"
"""The last choice, by which a list of ours is recognised."""
ALIKE = 88.0
"""Of 100: the likeness from which on words are a title, with a slip of the finger."""

_CHOICE = re.compile(r"^(\d)\. (.{1,300})$", re.MULTILINE)
_NUMBERS = (("1", "first"), ("2", "two", "second"), ("3", "three", "third"), ("4", "four", "fourth"))
_NONE = frozenset({"none", "neither", "nothing", "other", "else"})
_FILLERS = frozenset(
    {"a", "an", "answer", "choice", "hello", "hi", "i", "is", "it", "its", "mean", "meant", "my", "no", "number", "nr"}
    | {"of", "one", "option", "please", "something", "thank", "thanks", "that", "the", "them", "these", "this", "you"}
)
"""Words that say no more than the number beside them."""


def listed(titles: Sequence[str]) -> str:
    """Return the choices, one a line, OTHER at the end."""
    return "\n".join(f"{number}. {title}" for number, title in enumerate((*titles, OTHER), start=1))


def choices_in(text: str) -> tuple[str, ...]:
    """Return what a message of ours offers, OTHER at the end; () when it is no such question."""
    found = _CHOICE.findall(text)
    numbered = [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    titles = tuple(title for _, title in found)
    return titles if numbered and titles and titles[-1] == OTHER else ()


def chosen(text: str, choices: Sequence[str]) -> str | None:
    """Return which of `choices` a reply names; None when it says something else."""
    words = utils.default_process(text[:300]).split()
    if not words or not choices:
        return None
    for choice in choices:
        if fuzz.ratio(" ".join(words), utils.default_process(choice)) >= ALIKE:
            return choice
    said = set(words) - _FILLERS
    if said and said <= _NONE:
        return OTHER
    named = [choice for choice, names in zip(choices, _NUMBERS, strict=False) if said and said <= set(names)]
    return named[0] if len(named) == 1 else None
